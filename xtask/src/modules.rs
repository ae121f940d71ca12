//! Determines which modules of a package use which, from the paths in its source.
//!
//! Paths are resolved through declared and imported names, so a path through a re-export counts for its target. Code under
//! `#[cfg(test)]` is ignored. A glob import is a path that ends with `*`; the names it imports are not resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The segments of a path. Once resolved, the first one is `crate` or the name of another crate.
pub type Segments = Vec<String>;

/// The modules of one package.
#[derive(Default)]
pub struct Modules {
    /// The paths that each module uses, as written, with their files.
    uses: Vec<Use>,
    /// All modules, by their path without `crate`.
    known: BTreeSet<Segments>,
    /// The targets of the names that modules import.
    imports: BTreeMap<Segments, Segments>,
}

struct Use {
    module: Segments,
    file: String,
    path: Segments,
}

/// A resolved path and the module that uses it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resolved {
    /// The module that uses the path, without `crate`.
    pub module: Segments,
    /// The file of the module.
    pub file: String,
    /// The target of the path.
    pub path: Segments,
}

/// A dependency cycle between modules of one folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The uses within the cycle: from, to, and a file that contains one.
    pub edges: Vec<(String, String, String)>,
}

impl Modules {
    /// Parses the `src` folder of a package.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or is not valid Rust.
    pub fn read(package: &Path) -> Result<Self> {
        let root = package.join("src");
        let mut files = Vec::new();
        collect(&root, &mut files)?;
        let sources = files.into_iter().map(|file| {
            let text =
                std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().into_owned();
            Ok((name, text))
        });
        Self::of(sources.collect::<Result<Vec<_>>>()?)
    }

    /// Parses sources, given by their paths relative to `src`.
    ///
    /// # Errors
    /// Returns an error if a source is not valid Rust.
    pub fn of(sources: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut modules = Self::default();
        for (file, text) in sources {
            let tokens =
                TokenStream::from_str(&text).map_err(|error| anyhow!("{file} is not valid Rust: {error}"))?;
            let module = module_of(&file);
            modules.scan(&module, &file, tokens);
        }
        Ok(modules)
    }

    /// Returns every path that is used, with its target.
    pub fn resolved(&self) -> impl Iterator<Item = Resolved> + '_ {
        self.uses.iter().filter_map(|used| {
            let path = self.resolve(&used.module, &used.path, 0)?;
            Some(Resolved { module: used.module.clone(), file: used.file.clone(), path })
        })
    }

    /// Returns the cycles among the modules directly in a folder.
    pub fn cycles(&self, folder: &[String]) -> Vec<Cycle> {
        let mut edges: BTreeMap<(String, String), String> = BTreeMap::new();
        for used in self.resolved() {
            let Some((from, to)) = used.module.strip_prefix(folder).zip(below(&used.path, folder)) else {
                continue;
            };
            if let (Some(from), Some(to)) = (from.first(), to.first())
                && from != to
                && self.known.contains(&[folder, std::slice::from_ref(to)].concat())
            {
                edges.entry((from.clone(), to.clone())).or_insert(used.file);
            }
        }
        cycles(&edges)
    }

    fn scan(&mut self, module: &[String], file: &str, tokens: TokenStream) {
        for end in 0..=module.len() {
            self.known.insert(module[..end].to_vec());
        }
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_test(&tokens[at..]) {
                at = after_item(&tokens, at + 2);
            } else if let Some((name, body)) = inline_module(&tokens[at..]) {
                self.scan(&[module, &[name]].concat(), file, body.stream());
                at += 3;
            } else if is_ident(&tokens[at], "use") {
                let mut tree = Tree::default();
                at = tree.read(&tokens, at + 1, &[]);
                for (path, name) in tree.leaves {
                    self.imports.insert([module, &[name]].concat(), path.clone());
                    self.note(module, file, path);
                }
            } else if starts_path(&tokens, at) {
                let mut tree = Tree::default();
                at = tree.read(&tokens, at, &[]);
                for (path, _) in tree.leaves {
                    self.note(module, file, path);
                }
            } else {
                if let TokenTree::Group(group) = &tokens[at] {
                    self.scan(module, file, group.stream());
                }
                at += 1;
            }
        }
    }

    fn note(&mut self, module: &[String], file: &str, path: Segments) {
        self.uses.push(Use { module: module.to_vec(), file: file.to_owned(), path });
    }

    /// Resolves a path in a module. Returns `None` if it stays within its function.
    fn resolve(&self, module: &[String], path: &[String], depth: usize) -> Option<Segments> {
        let first = path.first()?;
        let (mut here, rest) = match first.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (module.to_vec(), &path[1..]),
            "super" => {
                let up = path.iter().take_while(|segment| *segment == "super").count();
                (module[..module.len().saturating_sub(up)].to_vec(), &path[up..])
            }
            name if self.known.contains(&[module, &[name.to_owned()]].concat()) => (module.to_vec(), path),
            name => match self.imports.get(&[module, &[name.to_owned()]].concat()) {
                // `use engine::…` refers to another crate unless `engine` is itself imported.
                Some(target) if target.first() != Some(first) && depth < DEPTH => {
                    let target = self.resolve(module, target, depth + 1)?;
                    return Some([&target, &path[1..]].concat());
                }
                _ => return Some(path.to_vec()),
            },
        };
        for (index, segment) in rest.iter().enumerate() {
            let next = [&here[..], std::slice::from_ref(segment)].concat();
            if self.known.contains(&next) {
                here = next;
            } else if let Some(target) = self.imports.get(&next).filter(|_| depth < DEPTH) {
                let target = self.resolve(&here, target, depth + 1)?;
                return Some([&target, &rest[index + 1..]].concat());
            } else {
                here.extend_from_slice(&rest[index..]);
                break;
            }
        }
        Some([&["crate".to_owned()], &here[..]].concat())
    }
}

/// The last segment of a glob import.
pub const GLOB: &str = "*";
/// The maximum depth of imports to follow; more are cyclic.
const DEPTH: usize = 8;

/// The leaves of a use tree, or the single path of an expression, each with the name it is bound to.
#[derive(Default)]
struct Tree {
    leaves: Vec<(Segments, String)>,
}

impl Tree {
    /// Parses from `at` on. Returns the position after the end.
    fn read(&mut self, tokens: &[TokenTree], mut at: usize, before: &[String]) -> usize {
        let mut path = before.to_vec();
        if is_colons(tokens, at) {
            at += 2;
        }
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(ident)) => {
                    path.push(ident.to_string().trim_start_matches("r#").to_owned());
                    at += 1;
                    if is_colons(tokens, at) {
                        at += 2;
                        continue;
                    }
                }
                Some(TokenTree::Group(group))
                    if group.delimiter() == Delimiter::Brace && !path.is_empty() =>
                {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let mut within = 0;
                    while within < inner.len() {
                        let end = self.read(&inner, within, &path);
                        within = end.max(within + 1);
                    }
                    return at + 1;
                }
                Some(token) if is_punct(Some(token), '*') && !path.is_empty() => {
                    path.push(GLOB.to_owned());
                    at += 1;
                }
                // The generic arguments of an expression: the path before it is used.
                _ => {}
            }
            break;
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if tokens.get(at).is_some_and(|token| is_ident(token, "as"))
            && let Some(TokenTree::Ident(ident)) = tokens.get(at + 1)
        {
            name = ident.to_string();
            at += 2;
        }
        if path.len() > before.len() || !before.is_empty() && path == before {
            self.leaves.push((path, name));
        }
        at
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

/// Returns the module of a file: `pages/queue/mod.rs` is `pages::queue`.
fn module_of(file: &str) -> Segments {
    let mut module: Segments = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// Returns the rest of a resolved path below a folder.
fn below<'p>(path: &'p [String], folder: &[String]) -> Option<&'p [String]> {
    path.strip_prefix(&["crate".to_owned()][..])?.strip_prefix(folder)
}

fn is_ident(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == text)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// Returns whether a path of several segments starts here. A path that starts with `::` does, as nothing precedes its colons.
fn starts_path(tokens: &[TokenTree], at: usize) -> bool {
    let is_segment = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(Some(token), '>');
    let goes_on = at >= 3 && is_colons(tokens, at - 2) && is_segment(&tokens[at - 3]);
    matches!(tokens[at], TokenTree::Ident(_)) && is_colons(tokens, at + 1) && !goes_on
}

/// Returns whether the tokens start with `#[cfg(test)]`.
fn is_test(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else { return false };
    hash.as_char() == '#' && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Parses `mod name { … }`.
fn inline_module(tokens: &[TokenTree]) -> Option<(String, &Group)> {
    match tokens {
        [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..] if word == "mod" => {
            Some((name.to_string(), body))
        }
        _ => None,
    }
}

/// Returns the position after the item that starts here: after its braces or its semicolon.
fn after_item(tokens: &[TokenTree], from: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is_punct(Some(other), ';'),
    };
    tokens[from..].iter().position(is_end).map_or(tokens.len(), |end| from + end + 1)
}

/// Returns the strongly connected groups of modules.
fn cycles(edges: &BTreeMap<(String, String), String>) -> Vec<Cycle> {
    let nodes: BTreeSet<&String> = edges.keys().flat_map(|(from, to)| [from, to]).collect();
    let reach = |start: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(node) = next.pop() {
            for (_, to) in edges.keys().filter(|(from, _)| *from == node) {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&String, BTreeSet<String>> = nodes.iter().map(|node| (*node, reach(node))).collect();
    let mut groups: BTreeSet<BTreeSet<&String>> = BTreeSet::new();
    for (node, reached) in reach.iter().filter(|(node, reached)| reached.contains(**node)) {
        let back = |other: &&&String| reached.contains(**other) && reach[**other].contains(*node);
        groups.insert(nodes.iter().filter(back).copied().collect());
    }
    let within = |group: BTreeSet<&String>| {
        let inside = edges.iter().filter(|((from, to), _)| group.contains(from) && group.contains(to));
        Cycle { edges: inside.map(|((from, to), file)| (from.clone(), to.clone(), file.clone())).collect() }
    };
    groups.into_iter().map(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(sources: &[(&str, &str)]) -> Modules {
        Modules::of(sources.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))).unwrap()
    }

    fn paths(sources: &[(&str, &str)]) -> Vec<String> {
        modules(sources).resolved().map(|used| used.path.join("::")).collect()
    }

    #[test]
    fn paths_are_resolved_through_imports() {
        let sources = [
            ("lib.rs", "pub mod a; pub mod b; pub use a::Thing;"),
            ("a.rs", "pub struct Thing;"),
            (
                "b/mod.rs",
                "mod c; use engine::bundle::{self, Part as P}; fn f(p: P) { bundle::Bundle::compile(p) }",
            ),
            ("b/c.rs", "use crate::Thing; fn g() { super::super::a::h(view! { <X y=crate::a::z() /> }) }"),
        ];
        let found = paths(&sources);
        for expected in [
            "crate::a::Thing",
            "engine::bundle::Bundle::compile",
            "engine::bundle::Part",
            "crate::a::h",
            "crate::a::z",
        ] {
            assert!(found.iter().any(|path| path == expected), "{expected} is not in {found:?}");
        }
    }

    #[test]
    fn a_cycle_is_found_through_a_re_export_but_not_through_a_test() {
        let cycle = modules(&[
            ("lib.rs", "pub mod a; pub mod b; pub mod c; pub use b::Thing;"),
            ("a/mod.rs", "use crate::Thing;"),
            ("b.rs", "mod inner { use super::super::c::x; }"),
            ("c.rs", "fn f() { crate::a::g() }"),
        ]);
        let found = cycle.cycles(&[]);
        assert_eq!(found.len(), 1);
        let edges: Vec<_> = found[0].edges.iter().map(|(from, to, _)| format!("{from}→{to}")).collect();
        assert_eq!(edges, ["a→b", "b→c", "c→a"]);

        let straight = modules(&[
            ("lib.rs", "pub mod a; pub mod b;"),
            ("a.rs", "use crate::b; // crate::b uses us in a test only\n"),
            ("b.rs", "#[cfg(test)]\nmod tests { use crate::a; }\n#[cfg(test)]\nfn f() { crate::a::g() }"),
        ]);
        assert!(straight.cycles(&[]).is_empty());
    }

    #[test]
    fn cycles_are_searched_in_one_folder() {
        let modules = modules(&[
            ("pages/mod.rs", "pub mod a; pub mod b;"),
            ("pages/a.rs", "use super::b::x;"),
            ("pages/b.rs", "use crate::pages::a::y;"),
        ]);
        assert!(modules.cycles(&[]).is_empty());
        assert_eq!(modules.cycles(&["pages".to_owned()]).len(), 1);
    }
}
