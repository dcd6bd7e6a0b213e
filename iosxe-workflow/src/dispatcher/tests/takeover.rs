//! Design rule 20: a person takes over, at any time.

use std::time::Duration;

use iosxe_core::event::{Event, RollbackCause, Takeover};
use iosxe_core::plan::OnFailedGate;
use iosxe_core::ports::Decision;
use iosxe_core::stage::Outcome;
use iosxe_core::talk::Question;

use super::bench::{Bench, Setup};
use crate::dispatcher::{DECISION_REFUSED, Input, between, later};

const FOREVER: Duration = Duration::from_secs(86_400);

fn decide(bench: &mut Bench, takeover: Takeover) {
    bench.feed(Input::Decided(Decision {
        device: "sw-a".into(),
        takeover,
        by: "maria".into(),
        reason: "the window closes".into(),
        at: None,
    }));
}

fn refusals(bench: &Bench) -> Vec<String> {
    bench.events("sw-a", |r| match &r.event {
        Event::Warned { code, message } if code == DECISION_REFUSED => Some(message.clone()),
        _ => None,
    })
}

fn asks(bench: &mut Bench, text: &str) {
    let question = Question {
        during: "install activate".into(),
        text: text.into(),
        before: Vec::new(),
    };
    let until = later(bench.now, Duration::from_secs(540));
    let met = Event::QuestionMet { question, until };
    bench.feed(Input::Told("sw-a".into(), Box::new(met)));
}

#[test]
fn an_answer_goes_to_the_conversation_that_asked_and_to_no_other() {
    let for_question = |question: Option<&str>| Takeover::Answer {
        text: "yes".into(),
        question: question.map(str::to_owned),
    };
    let answer = || for_question(None);
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until_event("an intent", |e| matches!(e, Event::Intent { .. }));
    decide(&mut bench, answer());
    assert!(refusals(&bench)[0].contains("stands at no question"));
    asks(&mut bench, "Continue without a quorum? [yes/no]");
    assert!(bench.device("sw-a").question().is_some());
    decide(&mut bench, answer());
    decide(&mut bench, answer());
    assert_eq!(bench.answers, ["yes"], "once");
    asks(&mut bench, "Reload anyway? [yes/no]");
    decide(
        &mut bench,
        for_question(Some("Continue without a quorum? [yes/no]")),
    );
    assert!(
        refusals(&bench)
            .last()
            .unwrap()
            .contains("another question")
    );
    asks(&mut bench, "Vault password: ");
    decide(&mut bench, answer());
    asks(&mut bench, "Continue without a quorum? [yes/no]");
    bench.now = later(bench.now, Duration::from_secs(540));
    decide(&mut bench, answer());
    assert_eq!(bench.answers, ["yes"]);
    let refused = refusals(&bench);
    assert!(refused[3].contains("asks for a secret"), "{refused:?}");
    assert!(refused[4].contains("is closed"), "{refused:?}");
    let resumed = bench.killed_and_resumed(Duration::ZERO);
    assert!(resumed.device("sw-a").question().is_none());
}

#[test]
fn rule_20_a_commit_by_hand_ends_the_soak() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let soak = bench.device("sw-a").soak_until.unwrap();
    decide(&mut bench, Takeover::Commit);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert!(bench.now < soak, "{} and {soak}", bench.now);
    assert_eq!(bench.sim("sw-a").count("commit"), 1);
    assert_eq!(refusals(&bench), [""; 0]);
}

/// At every single moment of the run: either it is told that it comes too early or too late, or the
/// device is taken back; never both, and never after a commit.
#[test]
fn rule_20_an_abort_by_hand_is_followed_at_every_moment_that_it_can_be() {
    let mut whole = Bench::new(&["sw-a"]);
    let mut moments = 0;
    while whole.step() {
        moments += 1;
    }
    let mut followed = 0;
    for moment in 1..moments {
        let mut bench = Bench::new(&["sw-a"]);
        for _ in 0..moment {
            bench.step();
        }
        decide(&mut bench, Takeover::Abort);
        bench.run();
        let committed = bench.sim("sw-a").count("commit");
        if bench.outcome("sw-a") == Outcome::RolledBack {
            followed += 1;
            assert_eq!(committed, 0, "moment {moment}");
            assert_eq!(bench.sim("sw-a").count("abort"), 1, "moment {moment}");
            assert_eq!(refusals(&bench), [""; 0], "moment {moment}");
            let fault = bench.fault("sw-a");
            assert_eq!(fault.code, "by_hand");
            assert!(
                fault.message.contains("maria took the device back"),
                "{fault}"
            );
        } else {
            assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded, "moment {moment}");
            assert_eq!(bench.sim("sw-a").count("abort"), 0, "moment {moment}");
            assert_eq!(refusals(&bench).len(), 1, "moment {moment}");
        }
    }
    assert!(followed > 10, "{followed} of {moments} moments");
}

#[test]
fn rule_20_an_accepted_check_counts_as_passed() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.on_failed_gate = OnFailedGate::Ask;
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.port_down = Some(FOREVER);
    bench.run_until_event("the question", |e| matches!(e, Event::HeldFor { .. }));
    let check = "port:Te1/1/1".into();
    decide(&mut bench, Takeover::Accept { check });
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn rule_20_a_commit_of_a_device_on_its_way_back_is_refused() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.port_down = Some(FOREVER);
    bench.run_until_event("the way back", |e| {
        matches!(
            e,
            Event::RollbackBegun {
                cause: RollbackCause::FailedGate { .. }
            }
        )
    });
    decide(&mut bench, Takeover::Commit);
    decide(&mut bench, Takeover::Abort);
    let refused = refusals(&bench);
    assert!(refused[0].ends_with("it is on its way back"), "{refused:?}");
    assert!(refused[1].ends_with("already"), "{refused:?}");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
}

/// What was recorded is followed by the process that takes the run on.
#[test]
fn rule_20_a_decision_survives_a_crash() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    decide(&mut bench, Takeover::Abort);
    let before = bench.now;
    let mut bench = bench.killed_and_resumed(Duration::from_secs(60));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let aborted = bench.when("sw-a", "act abort");
    assert!(between(before, aborted) < Duration::from_secs(300));
}
