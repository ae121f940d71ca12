//! Reads the subset of Dockerfile syntax that `cargo xtask container` can carry out.
//!
//! The reader is strict: an instruction, flag or form that it does not know is an error, because skipping it would
//! check another image than the one that Docker builds.

use anyhow::{Context, Result, bail};

/// A stage: what follows one `FROM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The image it starts from, for example `debian:bookworm-slim`.
    pub base: String,
    /// The name after `AS`.
    pub name: Option<String>,
    /// Its instructions in order.
    pub steps: Vec<Step>,
}

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `RUN [--mount=…] COMMAND`, in the shell form.
    Run {
        /// The values of its `--mount` flags.
        mounts: Vec<String>,
        /// What the shell runs, on one line.
        command: String,
    },
    /// `COPY [--from=STAGE] SOURCE… TARGET`.
    Copy {
        /// The stage to copy from; the build context without it.
        from: Option<String>,
        /// The paths to copy.
        sources: Vec<String>,
        /// Where they go.
        target: String,
    },
    /// `ENV NAME=VALUE …`.
    Env(Vec<(String, String)>),
    /// `WORKDIR PATH`.
    WorkDir(String),
    /// `VOLUME ["PATH", …]`.
    Volume(Vec<String>),
    /// `USER UID:GID`.
    User(User),
    /// `EXPOSE PORT`.
    Expose(u16),
    /// `HEALTHCHECK [--interval=… …] CMD COMMAND`, in the shell form; the timing flags are checked and dropped.
    HealthCheck(String),
    /// `ENTRYPOINT ["PROGRAM", …]`.
    Entrypoint(Vec<String>),
    /// `CMD ["ARGUMENT", …]`.
    Cmd(Vec<String>),
}

/// A user and group as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}

/// Parses a Dockerfile into its stages, of which there is at least one.
///
/// # Errors
/// An instruction is unknown or malformed; the message names its line.
pub fn parse(text: &str) -> Result<Vec<Stage>> {
    let mut stages: Vec<Stage> = Vec::new();
    for (number, line) in logical_lines(text)? {
        let place = || format!("line {number}: {line}");
        let (instruction, rest) = line.split_once(char::is_whitespace).unwrap_or((line.as_str(), ""));
        let rest = rest.trim();
        if instruction.eq_ignore_ascii_case("FROM") {
            stages.push(stage(rest).with_context(place)?);
            continue;
        }
        let step = step(&instruction.to_ascii_uppercase(), rest).with_context(place)?;
        stages
            .last_mut()
            .context("an instruction before the first FROM")
            .with_context(place)?
            .steps
            .push(step);
    }
    if stages.is_empty() {
        bail!("there is no FROM");
    }
    Ok(stages)
}

/// Joins continued lines and drops comments; each line comes with the number of its first physical line.
fn logical_lines(text: &str) -> Result<Vec<(usize, String)>> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, physical) in text.lines().enumerate() {
        let trimmed = physical.trim();
        if let Some(comment) = trimmed.strip_prefix('#') {
            let directive = comment.trim_start();
            if directive.starts_with("escape=") || directive.starts_with("syntax=") {
                bail!("line {}: parser directives are not supported", index + 1);
            }
            continue;
        }
        if trimmed.is_empty() {
            continue;
        }
        if trimmed.contains("<<") {
            bail!("line {}: here-documents are not supported", index + 1);
        }
        let (number, mut line) = open.take().unwrap_or((index + 1, String::new()));
        match trimmed.strip_suffix('\\') {
            Some(part) => {
                line.push_str(part.trim_end());
                line.push(' ');
                open = Some((number, line));
            }
            None => {
                line.push_str(trimmed);
                lines.push((number, line));
            }
        }
    }
    if let Some((number, _)) = open {
        bail!("line {number}: the last line continues, but nothing follows");
    }
    Ok(lines)
}

fn stage(rest: &str) -> Result<Stage> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (base, name) = match words.as_slice() {
        [base] => (base, None),
        [base, r#as, name] if r#as.eq_ignore_ascii_case("AS") => (base, Some((*name).to_owned())),
        _ => bail!("FROM takes IMAGE [AS NAME]"),
    };
    if base.starts_with("--") || base.contains('$') {
        bail!("FROM with flags or variables is not supported");
    }
    Ok(Stage { base: (*base).to_owned(), name, steps: Vec::new() })
}

fn step(instruction: &str, rest: &str) -> Result<Step> {
    Ok(match instruction {
        "RUN" => {
            let (flags, command) = flags(rest, &["mount"])?;
            Step::Run {
                mounts: flags.into_iter().map(|(_, value)| value).collect(),
                command: shell(command)?,
            }
        }
        "COPY" => copy(rest)?,
        "ENV" => Step::Env(assignments(rest)?),
        "WORKDIR" => Step::WorkDir(absolute(rest)?),
        "VOLUME" => {
            Step::Volume(words_of(rest)?.iter().map(|path| absolute(path)).collect::<Result<Vec<_>>>()?)
        }
        "USER" => Step::User(user(rest)?),
        "EXPOSE" => Step::Expose(rest.parse().context("EXPOSE takes one port")?),
        "HEALTHCHECK" => {
            let (_, command) = flags(rest, &["interval", "timeout", "start-period", "retries"])?;
            let command = command.strip_prefix("CMD ").context("HEALTHCHECK takes CMD COMMAND")?;
            Step::HealthCheck(shell(command.trim())?)
        }
        "ENTRYPOINT" => Step::Entrypoint(words_of(rest)?),
        "CMD" => Step::Cmd(words_of(rest)?),
        other => bail!("the instruction {other} is not supported"),
    })
}

fn copy(rest: &str) -> Result<Step> {
    let (flags, paths) = flags(rest, &["from"])?;
    if paths.starts_with('[') || paths.contains(['$', '*', '?', '"']) {
        bail!("COPY takes plain paths without variables or patterns");
    }
    let mut paths: Vec<String> = paths.split_whitespace().map(str::to_owned).collect();
    let target = paths.pop().filter(|_| !paths.is_empty()).context("COPY takes SOURCE… TARGET")?;
    Ok(Step::Copy { from: flags.into_iter().map(|(_, value)| value).next_back(), sources: paths, target })
}

/// The leading `--name=value` flags, all of which must be known, and the rest.
fn flags<'a>(mut rest: &'a str, known: &[&str]) -> Result<(Vec<(&'a str, String)>, &'a str)> {
    let mut found = Vec::new();
    while let Some(flag) = rest.strip_prefix("--") {
        let (flag, after) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        let (name, value) = flag.split_once('=').with_context(|| format!("--{flag} has no value"))?;
        if !known.contains(&name) {
            bail!("the flag --{name} is not supported");
        }
        found.push((name, value.to_owned()));
        rest = after.trim_start();
    }
    Ok((found, rest))
}

/// A command for the shell: the form without brackets.
fn shell(command: &str) -> Result<String> {
    if command.is_empty() || command.starts_with('[') {
        bail!("only the shell form is supported here");
    }
    Ok(command.to_owned())
}

/// The exec form, a JSON array of strings. The shell form is refused, since a shell would not pass signals on.
fn words_of(rest: &str) -> Result<Vec<String>> {
    let words: Vec<String> = serde_json::from_str(rest).context("only the form [\"…\"] is supported here")?;
    if words.is_empty() {
        bail!("the list is empty");
    }
    Ok(words)
}

/// `NAME=VALUE …`; a value may be in double quotes and then contain spaces.
fn assignments(rest: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = rest.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').context("ENV takes NAME=VALUE")?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            bail!("`{name}` is not the name of a variable");
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').context("a quote is not closed")?,
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if value.contains(['$', '\\', '\'']) {
            bail!("the value of {name} has a variable, an escape or a single quote");
        }
        found.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    if found.is_empty() {
        bail!("ENV takes NAME=VALUE");
    }
    Ok(found)
}

fn user(rest: &str) -> Result<User> {
    let (uid, gid) = rest.split_once(':').context("USER takes UID:GID, both as numbers")?;
    let number = |text: &str| text.parse().context("USER takes UID:GID, both as numbers");
    Ok(User { uid: number(uid)?, gid: number(gid)? })
}

fn absolute(path: &str) -> Result<String> {
    if !path.starts_with('/') || path.contains(['$', ' ']) || path.split('/').any(|part| part == "..") {
        bail!("`{path}` is not a plain absolute path");
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Result<Step> {
        Ok(parse(&format!("FROM x\n{text}\n"))?.remove(0).steps.remove(0))
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn stages_continued_lines_and_comments_are_read() {
        let text = "# A comment.\nFROM rust:1 AS build\nRUN a \\\n    # within a command\n    && b\n\nFROM debian:bookworm-slim\nUSER 10:20\n";
        let stages = parse(text).unwrap();
        assert_eq!((stages[0].base.as_str(), stages[0].name.as_deref()), ("rust:1", Some("build")));
        assert_eq!(stages[0].steps, [Step::Run { mounts: vec![], command: "a && b".into() }]);
        assert_eq!((stages[1].base.as_str(), &stages[1].name), ("debian:bookworm-slim", &None));
        assert_eq!(stages[1].steps, [Step::User(User { uid: 10, gid: 20 })]);
    }

    #[test]
    fn every_supported_instruction_is_read() {
        let mounted = only("RUN --mount=type=cache,target=/a make it").unwrap();
        assert_eq!(
            mounted,
            Step::Run { mounts: owned(&["type=cache,target=/a"]), command: "make it".into() }
        );
        let copy = only("COPY --from=build /a /b /c/").unwrap();
        let expected =
            Step::Copy { from: Some("build".into()), sources: owned(&["/a", "/b"]), target: "/c/".into() };
        assert_eq!(copy, expected);
        let env = only("ENV A=1 \\\n B=\"two words\" C=").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(env, Step::Env(vec![pair("A", "1"), pair("B", "two words"), pair("C", "")]));
        assert_eq!(only("WORKDIR /src").unwrap(), Step::WorkDir("/src".into()));
        assert_eq!(only("VOLUME [\"/data\"]").unwrap(), Step::Volume(owned(&["/data"])));
        assert_eq!(only("EXPOSE 3000").unwrap(), Step::Expose(3000));
        let health = only("HEALTHCHECK --interval=5s CMD wget \"x\"").unwrap();
        assert_eq!(health, Step::HealthCheck("wget \"x\"".into()));
        assert_eq!(only("ENTRYPOINT [\"/a\", \"b\"]").unwrap(), Step::Entrypoint(owned(&["/a", "b"])));
        assert_eq!(only("cmd [\"serve\"]").unwrap(), Step::Cmd(owned(&["serve"])));
    }

    #[test]
    fn what_it_cannot_carry_out_is_refused_with_its_line() {
        for (text, words) in [
            ("ADD a b", "the instruction ADD is not supported"),
            ("ARG A=1", "the instruction ARG is not supported"),
            ("ONBUILD RUN a", "the instruction ONBUILD is not supported"),
            ("RUN --network=none a", "the flag --network is not supported"),
            ("RUN [\"a\"]", "only the shell form"),
            ("RUN cat <<EOF", "here-documents"),
            ("COPY --chown=1:1 a b", "the flag --chown is not supported"),
            ("COPY a*.txt b", "plain paths"),
            ("COPY a", "COPY takes SOURCE"),
            ("ENV A 1", "ENV takes NAME=VALUE"),
            ("ENV A=$B", "the value of A has a variable"),
            ("USER meshline", "USER takes UID:GID"),
            ("USER 0", "USER takes UID:GID"),
            ("EXPOSE 3000/udp", "EXPOSE takes one port"),
            ("VOLUME /data", "only the form"),
            ("VOLUME [\"/a/../b\"]", "plain absolute path"),
            ("ENTRYPOINT meshline serve", "only the form"),
            ("HEALTHCHECK NONE", "HEALTHCHECK takes CMD"),
            ("RUN a \\", "nothing follows"),
        ] {
            let error = format!("{:#}", only(text).unwrap_err());
            assert!(error.contains(words) && error.contains("line 2"), "{text}: {error}");
        }
        assert!(parse("").is_err() && parse("RUN a\nFROM x\n").is_err());
        assert!(parse("# escape=`\nFROM x\n").is_err() && parse("FROM --platform=a x\n").is_err());
    }
}
