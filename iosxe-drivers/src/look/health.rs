//! How a device is: ports and neighbours.

use iosxe_core::health::Health;
use iosxe_core::observation::Observation;
use iosxe_core::talk::TalkError;

use crate::talk::console::{Command, Output};
use crate::talk::script::Inquiry;

#[derive(Debug, Default)]
pub(crate) struct HealthInquiry;

impl Inquiry for HealthInquiry {
    fn next(&mut self, _answers: &[Output]) -> Result<Option<Command>, TalkError> {
        Ok(None)
    }

    fn read(self: Box<Self>, _answers: Vec<Output>) -> Result<Observation, TalkError> {
        Ok(Observation::Health(Box::new(Health::default())))
    }
}
