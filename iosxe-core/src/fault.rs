//! What went wrong, who moves next, what the device may already have done, and what to do about it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::DeviceName;
use crate::stage::StageKind;

/// Who moves next after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The same act may succeed later, with nothing changed. This alone never licenses a repeat:
    /// see [`Effect`].
    Transient,
    /// The same input fails again.
    Permanent,
    /// A person has to look, decide or repair.
    Operator,
}

/// What the device may have done before the error was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing changed on the device.
    None,
    /// The change happened.
    Applied,
    /// It may have happened: look before anything else is sent.
    Unknown,
}

/// What a person can do, as a sentence in the imperative and, where there is one, a command to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// One sentence, imperative.
    pub text: String,
    /// A command for the shell or for the device. The word `DEVICE` in it stands for a device that is
    /// not known yet: [`Fault::at`] puts its name there.
    pub command: Option<String>,
}

impl Remedy {
    /// A sentence alone.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: None,
        }
    }

    /// A sentence with the command that does it.
    pub fn with(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: Some(command.into()),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if let Some(command) = &self.command {
            write!(f, ": `{command}`")?;
        }
        Ok(())
    }
}

/// What every error of our crates can answer.
pub trait Classified: std::error::Error {
    /// Who moves next.
    fn class(&self) -> Class;
    /// What the device may already have done.
    fn effect(&self) -> Effect;
    /// The stable code that scripts match on.
    fn code(&self) -> &'static str;
    /// What to do about it.
    fn remedy(&self) -> Option<Remedy>;
    /// The lines that the device said, where there are any.
    fn evidence(&self) -> Vec<String> {
        Vec::new()
    }
    /// The least time that should pass before another try of a transient error.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// An error with everything that a report, a dead letter and a script need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Who moves next.
    pub class: Class,
    /// What the device may already have done.
    pub effect: Effect,
    /// Stable code.
    pub code: String,
    /// One sentence: what and where.
    pub message: String,
    /// What to do next.
    pub remedy: Option<Remedy>,
    /// The device it concerns.
    pub device: Option<DeviceName>,
    /// The stage it happened in.
    pub stage: Option<StageKind>,
    /// The lines that the device said, redacted.
    pub evidence: Vec<String>,
}

impl Fault {
    /// A fault of our own making, not wrapped around another error.
    pub fn new(class: Class, code: &str, message: impl Into<String>) -> Self {
        Self {
            class,
            effect: Effect::None,
            code: code.to_owned(),
            message: message.into(),
            remedy: None,
            device: None,
            stage: None,
            evidence: Vec::new(),
        }
    }

    /// Wraps a classified error with its chain of causes.
    pub fn from_error(error: &dyn Classified) -> Self {
        let mut message = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self {
            class: error.class(),
            effect: error.effect(),
            code: error.code().to_owned(),
            message,
            remedy: error.remedy(),
            device: None,
            stage: None,
            evidence: error.evidence(),
        }
    }

    /// The same fault with a remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// The same fault with what the device may have done.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// The same fault with the lines that show it.
    #[must_use]
    pub fn evidence(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }

    /// The same fault at a device and stage; what is already known stays.
    #[must_use]
    pub fn at(mut self, device: &DeviceName, stage: StageKind) -> Self {
        if let Some(command) = self.remedy.as_mut().and_then(|r| r.command.as_mut()) {
            *command = named(command, device);
        }
        self.device.get_or_insert_with(|| device.clone());
        self.stage.get_or_insert(stage);
        self
    }

    /// Whether the same act may be tried again without a look: transient, and surely without effect.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.class == Class::Transient && self.effect == Effect::None
    }
}

fn named(command: &str, device: &DeviceName) -> String {
    let words: Vec<&str> = command
        .split(' ')
        .map(|word| match word {
            "DEVICE" => device.as_str(),
            word => word,
        })
        .collect();
    words.join(" ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(device) = &self.device {
            write!(f, "{device}: ")?;
        }
        write!(f, "{} [{}]", self.message, self.code)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

impl<E: Classified> From<&E> for Fault {
    fn from(error: &E) -> Self {
        Self::from_error(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_for_a_device_names_it_once_it_is_known() {
        let fault = Fault::new(Class::Operator, "host_key_changed", "the key changed")
            .remedy(Remedy::with("trust it", "iosxe trust DEVICE"))
            .at(&"sw-a".into(), StageKind::Discover);
        let again = fault.clone().at(&"sw-b".into(), StageKind::Close);
        assert_eq!(fault, again);
        let text = fault.to_string();
        assert!(text.ends_with("trust it: `iosxe trust sw-a`"), "{text}");
    }
}
