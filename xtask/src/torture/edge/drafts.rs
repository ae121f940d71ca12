//! The worst drafts that are allowed, viewed by many people at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::torture::http::{self, Message};

/// The people who view the drafts.
const VIEWERS: usize = 12;
/// Rules with a pattern each, which together weigh nearly as much as a rule set may.
const RULES: usize = 1_900;
/// Entries of the list: as many as a list may have.
const ENTRIES: usize = 1_000_000;
/// How long a person waits for an answer.
const PATIENCE: Duration = Duration::from_secs(180);
/// The pause between two saves of the rules.
const BETWEEN_SAVES: Duration = Duration::from_secs(2);

const FORM: &str = "application/x-www-form-urlencoded";

/// The number of answers by status.
pub type Answers = BTreeMap<u16, usize>;

/// Drafts of a rule set and of a list, each the worst that the server takes.
pub struct WorstDrafts {
    port: u16,
    session: String,
    rules: String,
    list: String,
}

impl WorstDrafts {
    /// Saves the drafts as a person who may suggest changes, by the cookie of their session.
    ///
    /// # Errors
    /// Returns an error if the server does not take them.
    pub fn save(port: u16, session: &str) -> Result<Self> {
        let mut drafts =
            Self { port, session: session.to_owned(), rules: String::new(), list: String::new() };
        drafts.rules = drafts.begin("rule_set", "inbound-form")?;
        drafts.list = drafts.begin("list", "worst_list")?;
        drafts.save_rules(1)?;
        drafts.upload_list()?;
        Ok(drafts)
    }

    /// Lets people view both drafts for a while. Their author saves the rules again and again, so that there is something to compute.
    /// Returns the answers to the viewers, and to the author.
    ///
    /// # Errors
    /// Returns an error if someone gets no answer.
    pub fn view(&self, how_long: Duration) -> Result<(Answers, Answers)> {
        let until = Instant::now() + how_long;
        thread::scope(|threads| {
            let viewers: Vec<_> =
                (0..VIEWERS).map(|person| threads.spawn(move || self.views(person, until))).collect();
            let mut saved = Answers::new();
            for revision in 2.. {
                if Instant::now() > until {
                    break;
                }
                let answer = self.send_rules(revision)?;
                *saved.entry(answer.status().unwrap_or_default()).or_default() += 1;
                thread::sleep(BETWEEN_SAVES);
            }
            let mut viewed = Answers::new();
            for viewer in viewers {
                for (status, count) in viewer.join().map_err(|_| anyhow!("a viewer panicked"))?? {
                    *viewed.entry(status).or_default() += count;
                }
            }
            Ok((viewed, saved))
        })
    }

    /// Views the drafts in turn, as one person.
    fn views(&self, person: usize, until: Instant) -> Result<Answers> {
        let mut answers = Answers::new();
        for turn in person.. {
            if Instant::now() > until {
                break;
            }
            let path = if turn % 2 == 0 { &self.rules } else { &self.list };
            let answer = self.ask("GET", path, &[], "")?;
            *answers.entry(answer.status().unwrap_or_default()).or_default() += 1;
        }
        Ok(answers)
    }

    /// Starts a draft and returns the path of its page.
    fn begin(&self, kind: &str, name: &str) -> Result<String> {
        let fields = format!("kind={kind}&name={name}");
        let answer = self.ask("POST", "/actions/start-change", &[("content-type", FORM)], &fields)?;
        let to = answer.header("location").filter(|to| to.starts_with("/changes/"));
        to.map(str::to_owned).with_context(|| format!("a draft was answered with {}", answer.first))
    }

    fn save_rules(&self, revision: usize) -> Result<()> {
        let answer = self.send_rules(revision)?;
        ensure!(answer.status() == Some(303), "the rules were answered with {}", answer.first);
        Ok(())
    }

    fn send_rules(&self, revision: usize) -> Result<Message> {
        let number = self.rules.trim_start_matches("/changes/");
        let source = percent_encoded(&rules(revision));
        let fields = format!("number={number}&revision={revision}&title=Worst&then=save&source={source}");
        self.ask("POST", "/actions/save-change", &[("content-type", FORM)], &fields)
    }

    fn upload_list(&self) -> Result<()> {
        let mut file = String::with_capacity(ENTRIES * 24);
        for entry in 0..ENTRIES {
            writeln!(file, "company {entry:>07} example")?;
        }
        let body = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"revision\"\r\n\r\n1\r\n--xyz\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nreplace\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"worst.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--xyz--\r\n"
        );
        let path = format!("{}/upload", self.list);
        let kind = ("content-type", "multipart/form-data; boundary=xyz");
        let answer = self.ask("POST", &path, &[kind], &body)?;
        ensure!(answer.status() == Some(303), "the list was answered with {}", answer.first);
        Ok(())
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Message> {
        let mut all =
            vec![("cookie", &*self.session), ("sec-fetch-site", "same-origin"), ("accept", "text/html")];
        all.extend(headers);
        Ok(http::ask(self.port, method, path, &all, body, PATIENCE)?)
    }
}

/// Returns a rule set whose patterns take as long to compile as is allowed. Each is different, and so are those of each revision.
fn rules(revision: usize) -> String {
    let mut text = "rule_set: inbound-form\nrules:\n".to_owned();
    for rule in 0..RULES {
        let pattern = format!("(a{{1,9}}){{1,9}}b{rule}c{revision}");
        text.push_str(&format!(
            "- id: r{rule}\n  when: 'company.matches(\"{pattern}\")'\n  then: [advance]\n"
        ));
    }
    text + "default: hold\n"
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => encoded.push(byte.into()),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
