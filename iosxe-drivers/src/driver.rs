//! The driver of IOS-XE devices: looks, acts and plans, joined behind the port of the core.

use std::sync::Arc;
use std::time::Duration;

use iosxe_core::device::{FactKind, Facts};
use iosxe_core::fault::Remedy;
use iosxe_core::observation::Observation;
use iosxe_core::plan::{DevicePlan, PlanRequest, Refusal, Standing, Step, StepState};
use iosxe_core::platform::{Family, PlatformTable, Support};
use iosxe_core::ports::{Driver, Drivers, Look, ServerSide};
use iosxe_core::secret::Secret;
use iosxe_core::talk::Exchange;

use crate::look::{
    BackupInquiry, ConfigurationInquiry, DigestInquiry, FactsInquiry, HealthInquiry, PatchInquiry,
    ProvisionedInquiry, ReadinessInquiry,
};
use crate::planner;
use crate::rules::{RuleTable, RuleTableError};
use crate::talk::act::Act;
use crate::talk::login::Login;
use crate::talk::pull::Pull;
use crate::talk::script::{Inquiry, Script};

/// A reload of a device of which nothing is known, in device time: p90, at most.
const RELOAD_UNKNOWN: (Duration, Duration) = (Duration::from_secs(900), Duration::from_secs(2700));

/// Every driver, over one platform table and the rules that ship with this crate.
///
/// # Errors
/// Never in a released crate: a test reads the rules.
pub fn all(table: PlatformTable) -> Result<Arc<dyn Drivers>, RuleTableError> {
    Ok(with_rules(table, RuleTable::built_in()?))
}

/// Every driver, over one platform table and rules of one's own.
#[must_use]
pub fn with_rules(table: PlatformTable, rules: RuleTable) -> Arc<dyn Drivers> {
    Arc::new(IosXeDrivers {
        table,
        rules: Arc::new(rules),
    })
}

#[derive(Debug)]
struct IosXeDrivers {
    table: PlatformTable,
    rules: Arc<RuleTable>,
}

impl Drivers for IosXeDrivers {
    fn any(&self) -> Arc<dyn Driver> {
        Arc::new(IosXe {
            table: self.table.clone(),
            rules: Arc::clone(&self.rules),
            family: None,
        })
    }

    fn of(&self, facts: &Facts) -> Result<Arc<dyn Driver>, Refusal> {
        let Some(family) = self.table.family(&facts.pid) else {
            return Err(Refusal::new(
                "platform_unknown",
                format!(
                    "{} is no platform that this program knows",
                    shown(&facts.pid)
                ),
                Remedy::new("check the address; a new model can be added with a platform override"),
            )
            .seen(facts.evidence(FactKind::Model)));
        };
        match family.support {
            Support::Upgrade => Ok(Arc::new(IosXe {
                table: self.table.clone(),
                rules: Arc::clone(&self.rules),
                family: Some(family.clone()),
            })),
            Support::Recognise => Err(Refusal::new(
                "platform_not_upgraded",
                format!("{} is a {}: {}", shown(&facts.pid), family.name, family.why),
                Remedy::new("upgrade this device by other means"),
            )
            .seen(facts.evidence(FactKind::Model))),
        }
    }
}

fn shown(pid: &str) -> &str {
    if pid.is_empty() {
        "a device without a model"
    } else {
        pid
    }
}

/// The driver of one family, or of a device of which nothing is known.
#[derive(Debug)]
struct IosXe {
    table: PlatformTable,
    rules: Arc<RuleTable>,
    family: Option<Family>,
}

impl Driver for IosXe {
    fn login(&self, enable: Option<Secret>) -> Box<dyn Exchange> {
        Box::new(Login::new(enable))
    }

    fn look(&self, look: &Look, hostname: &str) -> Box<dyn Exchange> {
        let inquiry: Box<dyn Inquiry> = match look {
            Look::Facts => Box::new(FactsInquiry::new(hostname, self.table.clone())),
            Look::Discovery => Box::new(FactsInquiry::wide(hostname, self.table.clone())),
            Look::Point { id } => {
                Box::new(FactsInquiry::of_point(hostname, self.table.clone(), *id))
            }
            Look::Firmware => Box::new(FactsInquiry::firmware(hostname, self.table.clone())),
            Look::Readiness => Box::new(ReadinessInquiry),
            Look::Health(scope) => Box::new(HealthInquiry::new(scope)),
            Look::Backup => Box::new(BackupInquiry),
            Look::Patch { path } => Box::new(PatchInquiry::new(path)),
            Look::Provisioned { paths } => Box::new(ProvisionedInquiry::new(paths.clone())),
            Look::Configuration { kept, with } => Box::new(ConfigurationInquiry::new(kept, with)),
            Look::Digest { path, kind } => Box::new(DigestInquiry {
                path: path.clone(),
                kind: *kind,
            }),
        };
        Box::new(Script::new(hostname, inquiry))
    }

    fn act(&self, step: &Step, hostname: &str) -> Box<dyn Exchange> {
        Box::new(Act::new(step, hostname))
    }

    fn pull(&self, step: &Step, hostname: &str, server: ServerSide) -> Box<dyn Exchange> {
        Box::new(Pull::new(step, hostname, server))
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<DevicePlan, Refusal> {
        match &self.family {
            Some(family) => planner::plan(family, &self.rules, request),
            None => Err(Refusal::new(
                "platform_unknown",
                "nothing is known of this device yet",
                Remedy::new("discover it first"),
            )),
        }
    }

    fn put_back(&self, plan: &DevicePlan, revert: Option<Duration>) -> Option<Vec<Step>> {
        planner::put_back(plan, revert)
    }

    fn look_for(&self, step: &Step, plan: &DevicePlan) -> Look {
        planner::look_for(step, plan)
    }

    fn assess(&self, step: &Step, plan: &DevicePlan, seen: &Observation) -> StepState {
        planner::assess(step, plan, seen)
    }

    fn standing(&self, plan: &DevicePlan, facts: &Facts) -> Standing {
        planner::standing(plan, facts)
    }

    fn reload_time(&self, facts: &Facts) -> (Duration, Duration) {
        self.family
            .as_ref()
            .or_else(|| self.table.family(&facts.pid))
            .map_or(RELOAD_UNKNOWN, Family::reload)
    }
}
