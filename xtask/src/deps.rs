//! Which of our crates may know which: the rule of the design, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::Verdict;

/// What each crate may depend on. The examples, the benches and this program are free: nobody
/// depends on them.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("iosxe-core", &[]),
    ("iosxe-drivers", &["iosxe-core"]),
    ("iosxe-transport", &["iosxe-core"]),
    ("iosxe-inventory", &["iosxe-core"]),
    ("iosxe-workflow", &["iosxe-core"]),
    ("iosxe-observe", &["iosxe-core"]),
    ("iosxe-integrations", &["iosxe-core"]),
    // A simulator that shares our parsers or our platform table proves nothing.
    ("iosxe-lab", &[]),
    (
        "iosxe-cli",
        &[
            "iosxe-core",
            "iosxe-drivers",
            "iosxe-transport",
            "iosxe-inventory",
            "iosxe-workflow",
            "iosxe-observe",
            "iosxe-integrations",
            "iosxe-lab",
        ],
    ),
];

const FREE: [&str; 3] = ["iosxe-examples", "iosxe-benches", "xtask"];

/// What tests may use besides: devices to talk to.
const IN_TESTS: &str = "iosxe-lab";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Clone, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    /// The version that a published crate would ask for; `*` when only a path is given.
    req: String,
    path: Option<PathBuf>,
}

pub(crate) fn check() -> Verdict {
    let metadata = metadata().map_err(|e| vec![e])?;
    let mut problems = Vec::new();
    let edges = edges(&metadata.packages, &mut problems);
    let root = &metadata.workspace_root;
    explained(root, &mut problems);
    for package in &metadata.packages {
        lints(package, &mut problems);
        sources(package, root, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(format!(
        "deps: {} crates, {edges} edges between them, all as the design wants",
        metadata.packages.len()
    ))
}

fn metadata() -> Result<Metadata, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata: {said}"));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// Holds every edge between members against the rule; returns how many there are.
fn edges(packages: &[Package], problems: &mut Vec<String>) -> usize {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let members: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let mut count = 0;
    for package in packages {
        let from = package.name.as_str();
        let may = match allowed.get(from) {
            Some(may) => *may,
            None if FREE.contains(&from) => continue,
            None => {
                problems.push(format!(
                    "{from} has no place in the rule: give it one in xtask/src/deps.rs"
                ));
                continue;
            }
        };
        let ours = package
            .dependencies
            .iter()
            .filter(|d| members.contains(d.name.as_str()));
        for to in ours {
            count += 1;
            let in_tests = to.kind.as_deref() == Some("dev");
            let fine = may.contains(&to.name.as_str())
                || (in_tests && to.name == IN_TESTS && from != "iosxe-core");
            if !fine {
                let how = if in_tests { " in its tests" } else { "" };
                problems.push(format!("{from} must not depend on {}{how}", to.name));
            }
            // A version in a dev-dependency on a sibling makes publishing a circle.
            if in_tests && to.path.is_some() && to.req != "*" {
                problems.push(format!(
                    "{from}: the dev-dependency on {} must give a path only",
                    to.name
                ));
            }
        }
    }
    count
}

/// Every shared dependency has its line, and every line its dependency. The fuzz targets stand outside
/// the workspace and name theirs in their own manifest.
fn explained(root: &Path, problems: &mut Vec<String>) {
    let manifests = match (
        toml_of(&root.join("Cargo.toml")),
        toml_of(&root.join("fuzz/Cargo.toml")),
    ) {
        (Ok(workspace), Ok(fuzz)) => (workspace, fuzz),
        (Err(e), _) | (_, Err(e)) => return problems.push(e),
    };
    let page = root.join("docs/dependencies.md");
    let text = match std::fs::read_to_string(&page) {
        Ok(text) => text,
        Err(e) => return problems.push(format!("{}: {e}", page.display())),
    };
    let (workspace, fuzz) = &manifests;
    let wanted: BTreeSet<&str> = [
        workspace
            .get("workspace")
            .and_then(|w| w.get("dependencies")),
        fuzz.get("dependencies"),
    ]
    .into_iter()
    .flatten()
    .filter_map(toml::Value::as_table)
    .flat_map(toml::Table::keys)
    .map(String::as_str)
    .filter(|name| !name.starts_with("iosxe-"))
    .collect();
    compare(&wanted, &listed(&text), problems);
}

/// The names that the page's tables explain: `| `name` | what for |` with something behind it.
fn listed(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter_map(|line| {
            let (name, what) = line.strip_prefix("| `")?.split_once("` |")?;
            let what = what.trim().trim_end_matches('|').trim();
            (!what.is_empty()).then_some(name)
        })
        .collect()
}

fn compare(wanted: &BTreeSet<&str>, listed: &BTreeSet<&str>, problems: &mut Vec<String>) {
    for name in wanted.difference(listed) {
        problems.push(format!(
            "docs/dependencies.md does not say what {name} is for"
        ));
    }
    for name in listed.difference(wanted) {
        problems.push(format!(
            "docs/dependencies.md explains {name}, which the workspace does not depend on"
        ));
    }
}

/// `unsafe_code = "forbid"` stands in the workspace's lints; a crate that does not take them over
/// escapes it.
fn lints(package: &Package, problems: &mut Vec<String>) {
    match toml_of(&package.manifest_path) {
        Err(e) => problems.push(e),
        Ok(manifest) => {
            let inherits = manifest
                .get("lints")
                .and_then(|l| l.get("workspace"))
                .and_then(toml::Value::as_bool);
            if inherits != Some(true) {
                problems.push(format!(
                    "{}: `[lints] workspace = true` is missing",
                    package.name
                ));
            }
        }
    }
}

fn toml_of(path: &Path) -> Result<toml::Table, String> {
    std::fs::read_to_string(path)
        .map_err(|e| e.to_string())
        .and_then(|text| text.parse::<toml::Table>().map_err(|e| e.to_string()))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// No source file has the keyword, not even behind a feature that no check turns on.
fn sources(package: &Package, root: &Path, problems: &mut Vec<String>) {
    let mut folders: Vec<PathBuf> = package
        .manifest_path
        .parent()
        .map(Into::into)
        .into_iter()
        .collect();
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) => return problems.push(format!("{}: {e}", folder.display())),
        };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let shown = path.strip_prefix(root).unwrap_or(&path).display();
                for line in uses_keyword(&text) {
                    problems.push(format!(
                        "{shown}:{line}: no {KEYWORD} code in this workspace"
                    ));
                }
            }
        }
    }
}

/// In two parts, so that this file does not find itself.
const KEYWORD: &str = concat!("un", "safe");

/// The lines (from 1) that use the keyword outside of line comments and words.
fn uses_keyword(text: &str) -> Vec<usize> {
    let forms = ["{", "fn", "impl", "trait", "extern"].map(|next| format!("{KEYWORD} {next}"));
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let code = line.split("//").next().unwrap_or_default();
            forms.iter().any(|form| code.contains(form.as_str()))
        })
        .map(|(n, _)| n + 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>, &str)]) -> Package {
        Package {
            name: name.to_owned(),
            manifest_path: PathBuf::new(),
            dependencies: dependencies
                .iter()
                .map(|(name, kind, req)| Dependency {
                    name: (*name).to_owned(),
                    kind: kind.map(str::to_owned),
                    req: (*req).to_owned(),
                    path: Some(PathBuf::from("..")),
                })
                .collect(),
        }
    }

    fn problems(from: &str, to: (&str, Option<&str>, &str)) -> Vec<String> {
        let mut found = Vec::new();
        let packages = [package(from, &[to]), package(to.0, &[])];
        edges(&packages, &mut found);
        found
    }

    #[test]
    fn forbidden_edges_are_found() {
        for (from, to) in [
            ("iosxe-core", "iosxe-drivers"),
            ("iosxe-drivers", "iosxe-transport"),
            ("iosxe-workflow", "iosxe-drivers"),
            ("iosxe-workflow", "iosxe-lab"),
            ("iosxe-observe", "iosxe-workflow"),
            ("iosxe-lab", "iosxe-core"),
            ("iosxe-integrations", "iosxe-cli"),
            ("iosxe-cli", "xtask"),
        ] {
            let said = format!("{from} must not depend on {to}");
            assert_eq!(problems(from, (to, None, "^0.1.0")), [said]);
            assert_eq!(problems(from, (to, Some("build"), "^0.1.0")).len(), 1);
        }
        let said = problems("iosxe-observe", ("iosxe-workflow", Some("dev"), "*"));
        assert_eq!(
            said,
            ["iosxe-observe must not depend on iosxe-workflow in its tests"]
        );
        assert_eq!(
            problems("iosxe-core", ("iosxe-lab", Some("dev"), "*")).len(),
            1
        );
        assert_eq!(
            problems("iosxe-lab", ("iosxe-core", Some("dev"), "*")).len(),
            1
        );
    }

    #[test]
    fn allowed_edges_are_not() {
        for (from, to) in [
            ("iosxe-drivers", ("iosxe-core", None, "^0.1.0")),
            ("iosxe-cli", ("iosxe-lab", None, "^0.1.0")),
            ("iosxe-transport", ("iosxe-lab", Some("dev"), "*")),
            ("iosxe-examples", ("iosxe-cli", None, "^0.1.0")),
            ("xtask", ("iosxe-workflow", None, "^0.1.0")),
        ] {
            assert_eq!(problems(from, to), Vec::<String>::new());
        }
    }

    #[test]
    fn a_crate_without_a_place_and_a_versioned_test_edge_are_found() {
        assert!(problems("iosxe-new", ("iosxe-core", None, "^0.1.0"))[0].contains("no place"));
        let said = problems("iosxe-transport", ("iosxe-lab", Some("dev"), "^0.1.0"));
        assert!(said[0].contains("path only"), "{said:?}");
    }

    #[test]
    fn the_page_of_dependencies_is_compared_both_ways() {
        let text = "| `serde` | files |\n| `tokio` |  |\n| `gone` | nothing |\nsee `csv`\n";
        let listed = listed(text);
        assert_eq!(listed, BTreeSet::from(["serde", "gone"]));
        let mut found = Vec::new();
        compare(&BTreeSet::from(["serde", "tokio"]), &listed, &mut found);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("what tokio is for") && found[1].contains("explains gone"));
    }

    #[test]
    fn the_keyword_is_found_and_its_name_is_not() {
        let text = format!(
            "// {KEYWORD} {{\nlet {KEYWORD}_code = 1;\n    {KEYWORD} {{ x() }}\npub {KEYWORD} fn f() {{}}\n"
        );
        assert_eq!(uses_keyword(&text), [3, 4]);
    }
}
