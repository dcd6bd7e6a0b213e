//! The configuration: running and startup text as a device keeps them.

use super::release::Release;

/// A top-level line with the lines under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) line: String,
    pub(crate) children: Vec<String>,
}

/// Configuration without its head lines (`Current configuration`, dates, `version`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Config {
    pub(crate) sections: Vec<Section>,
}

impl Config {
    /// Reads a configuration text: indented lines belong to the line above, `!` and the head lines
    /// are skipped.
    pub(crate) fn parse(text: &str) -> Self {
        let mut config = Config::default();
        for line in text.lines() {
            let bare = line.trim();
            let head = bare.is_empty()
                || bare.starts_with('!')
                || bare == "end"
                || bare.starts_with("version ")
                || bare.starts_with("Building configuration")
                || bare.starts_with("Current configuration")
                || bare.starts_with("Using ");
            if head {
                continue;
            }
            match config.sections.last_mut() {
                Some(section) if line.starts_with(' ') => section.children.push(bare.to_owned()),
                _ => config.sections.push(Section {
                    line: bare.to_owned(),
                    children: Vec::new(),
                }),
            }
        }
        config
    }

    /// The section of that line.
    pub(crate) fn section(&self, line: &str) -> Option<&Section> {
        self.sections
            .iter()
            .find(|s| s.line.eq_ignore_ascii_case(line))
    }

    /// True when the line is there at the top level.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.section(line).is_some()
    }

    /// What follows `prefix` on the first top-level line that begins with it.
    pub(crate) fn value(&self, prefix: &str) -> Option<&str> {
        self.sections
            .iter()
            .find_map(|s| s.line.strip_prefix(prefix))
            .map(str::trim)
    }

    /// All values of lines beginning with `prefix`.
    pub(crate) fn values(&self, prefix: &str) -> Vec<&str> {
        self.sections
            .iter()
            .filter_map(|s| s.line.strip_prefix(prefix))
            .map(str::trim)
            .collect()
    }

    /// Adds a top-level line unless it is there; like lines stay together.
    pub(crate) fn add(&mut self, line: &str) {
        if self.has(line) {
            return;
        }
        let word = line
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        let same = |s: &Section| s.line.split_whitespace().next() == Some(word.as_str());
        let at = self
            .sections
            .iter()
            .rposition(same)
            .map_or(self.sections.len(), |i| i + 1);
        self.sections.insert(
            at,
            Section {
                line: line.to_owned(),
                children: Vec::new(),
            },
        );
    }

    /// Replaces every line that begins with `prefix` by this one.
    pub(crate) fn set(&mut self, prefix: &str, line: &str) {
        let at = self
            .sections
            .iter()
            .position(|s| s.line.starts_with(prefix));
        let section = Section {
            line: line.to_owned(),
            children: Vec::new(),
        };
        match at.and_then(|i| self.sections.get_mut(i)) {
            Some(old) => *old = section,
            None => self.sections.insert(0, section),
        }
    }

    /// Removes every line that begins with `prefix`; true when one was there.
    pub(crate) fn remove(&mut self, prefix: &str) -> bool {
        let before = self.sections.len();
        self.sections
            .retain(|s| !s.line.to_lowercase().starts_with(&prefix.to_lowercase()));
        self.sections.len() != before
    }

    /// Adds a line under a section, making the section when needed.
    pub(crate) fn add_child(&mut self, parent: &str, line: &str) {
        self.add(parent);
        let word = line.split_whitespace().next().unwrap_or_default();
        let single = matches!(
            word,
            "description" | "exec-timeout" | "path" | "maximum" | "login" | "duplex" | "speed"
        );
        for section in &mut self.sections {
            if section.line.eq_ignore_ascii_case(parent) {
                if single {
                    section
                        .children
                        .retain(|c| c.split_whitespace().next() != Some(word));
                }
                if !section.children.iter().any(|c| c == line) {
                    section.children.push(line.to_owned());
                }
            }
        }
    }

    /// Removes lines that begin with `prefix` from a section.
    pub(crate) fn remove_child(&mut self, parent: &str, prefix: &str) {
        for section in &mut self.sections {
            if section.line.eq_ignore_ascii_case(parent) {
                section.children.retain(|c| !c.starts_with(prefix));
            }
        }
    }

    /// Makes the section of a line what it is in another configuration: gone where it has none.
    pub(crate) fn keep_as(&mut self, other: &Config, line: &str) {
        self.sections.retain(|s| !s.line.eq_ignore_ascii_case(line));
        self.sections.extend(other.section(line).cloned());
    }

    /// Applies another configuration on top, as `copy X running-config` does.
    pub(crate) fn merge(&mut self, other: &Config) {
        for section in &other.sections {
            match section.line.split_once(' ') {
                Some(("hostname", _)) => self.set("hostname ", &section.line),
                _ => self.add(&section.line),
            }
            for child in &section.children {
                self.add_child(&section.line, child);
            }
        }
    }

    /// The body of the listing, from `version` to `end`.
    pub(crate) fn body(&self, release: &Release) -> String {
        let mut text = format!("version {}\n", release.short());
        let mut last = String::from("service");
        for section in &self.sections {
            let word = section
                .line
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned();
            if word != last || !section.children.is_empty() {
                text.push_str("!\n");
            }
            last = word;
            text.push_str(&section.line);
            text.push('\n');
            for child in &section.children {
                text.push(' ');
                text.push_str(child);
                text.push('\n');
            }
        }
        text.push_str("!\nend\n");
        text
    }

    /// Lines that one has and the other lacks, as `show archive config differences` lists them.
    pub(crate) fn differences(&self, startup: &Config) -> String {
        let flat = |c: &Config| -> Vec<String> {
            c.sections
                .iter()
                .flat_map(|s| {
                    std::iter::once(s.line.clone())
                        .chain(s.children.iter().map(|l| format!("{}\n {l}", s.line)))
                })
                .collect()
        };
        let (run, start) = (flat(self), flat(startup));
        let mut text = String::new();
        let mut emit = |sign: char, line: &String, last: &mut String| {
            match line.split_once('\n') {
                Some((parent, child)) => {
                    if last != parent {
                        text.push_str(parent);
                        text.push('\n');
                        parent.clone_into(last);
                    }
                    text.push_str(&format!(" {sign}{}\n", child.trim_start()));
                }
                None => text.push_str(&format!("{sign}{line}\n")),
            };
        };
        let mut parent = String::new();
        for line in run.iter().filter(|l| !start.contains(l)) {
            emit('+', line, &mut parent);
        }
        for line in start.iter().filter(|l| !run.contains(l)) {
            emit('-', line, &mut parent);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version 17.9\n!\nhostname sw1\n!\nboot system flash:a.bin\nboot system \
                        flash:b.bin\n!\ninterface Vlan1\n ip address dhcp\n no shutdown\n!\nend\n";

    #[test]
    fn a_listing_reads_back_as_itself() {
        let config = Config::parse(TEXT);
        assert_eq!(config.sections.len(), 4);
        let release = Release::parse("17.9.4").unwrap();
        assert_eq!(Config::parse(&config.body(&release)), config);
        assert_eq!(
            config.values("boot system "),
            ["flash:a.bin", "flash:b.bin"]
        );
    }

    #[test]
    fn differences_name_what_was_added_and_removed() {
        let start = Config::parse(TEXT);
        let mut run = start.clone();
        run.add("ip scp server enable");
        run.add_child("interface Vlan1", "description core");
        run.remove("hostname");
        let text = run.differences(&start);
        assert!(text.contains("+ip scp server enable\n"), "{text}");
        assert!(
            text.contains("interface Vlan1\n +description core\n"),
            "{text}"
        );
        assert!(text.contains("-hostname sw1\n"), "{text}");
        assert_eq!(start.differences(&start), "");
    }
}
