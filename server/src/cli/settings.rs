//! Reads options from a file and uses them as the defaults of the flags with the same names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};

use super::CommandError;

/// Returns the command with the options of the configuration file, if there is one, as defaults.
///
/// # Errors
/// Returns a [`CommandError`] if the file cannot be read, is not a TOML table, or has an unknown option.
pub(super) fn with_file(command: Command, arguments: &[OsString]) -> Result<Command, CommandError> {
    let Some(path) = named(arguments).or_else(|| std::env::var_os("MESHLINE_CONFIG").map(PathBuf::from))
    else {
        return Ok(command);
    };
    let name = path.display().to_string();
    let text =
        std::fs::read_to_string(&path).map_err(|error| CommandError::File { path: name.clone(), error })?;
    let table: BTreeMap<String, toml::Value> =
        toml::from_str(&text).map_err(|error| CommandError::Usage(invalid(&name, &text, &error)))?;
    let mut options = BTreeMap::new();
    for (key, value) in table {
        let is_list = value.is_array();
        let values = match value {
            toml::Value::Array(values) => values.into_iter().map(one_value).collect(),
            value => one_value(value).map(|text| vec![text]),
        };
        let values = values.ok_or_else(|| {
            CommandError::Usage(format!("{name}: `{key}` must be a string, a number, true or false"))
        })?;
        let key = key.replace('-', "_");
        if key == "config" || !command.get_subcommands().any(|sub| has(sub, &key, |_| true)) {
            return Err(CommandError::Usage(format!("{name}: unknown option `{key}`")));
        }
        let repeats = |argument: &Arg| matches!(argument.get_action(), ArgAction::Append);
        if is_list && !command.get_subcommands().any(|sub| has(sub, &key, repeats)) {
            return Err(CommandError::Usage(format!("{name}: `{key}` takes one value, not a list")));
        }
        options.insert(key, values);
    }
    Ok(command.mut_subcommands(|sub| with_defaults(sub, &options)))
}

/// Returns the message for a file that is not TOML. It names the line without quoting it, since a line can hold a password.
fn invalid(name: &str, text: &str, error: &toml::de::Error) -> String {
    let line =
        error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    match line {
        Some(line) => format!("{name}, line {line}: {}", error.message()),
        None => format!("{name}: {}", error.message()),
    }
}

fn named(arguments: &[OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str()?;
        if text == "--config" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(path.into());
        }
    }
    None
}

/// Returns the text of a single value, or `None` for a list or a table.
fn one_value(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => Some(value.to_string()),
        _ => None,
    }
}

fn has(command: &Command, key: &str, fits: fn(&Arg) -> bool) -> bool {
    let is_it = |argument: &Arg| argument.get_id() == key && argument.get_long().is_some() && fits(argument);
    command.get_arguments().any(is_it) || command.get_subcommands().any(|sub| has(sub, key, fits))
}

fn with_defaults(command: Command, options: &BTreeMap<String, Vec<String>>) -> Command {
    let command = command.mut_args(|argument| match options.get(argument.get_id().as_str()) {
        Some(values) if argument.get_long().is_some() => {
            // An option whose variable is kept out of `--help` holds a secret, wherever its value comes from.
            let secret = argument.is_hide_env_values_set();
            argument.default_values(values.clone()).hide_default_value(secret)
        }
        _ => argument,
    });
    command.mut_subcommands(|sub| with_defaults(sub, options))
}
