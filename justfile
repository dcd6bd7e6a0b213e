# The verbs people type. What has logic is a cargo xtask or stands in .ci/run.

# list the verbs
default:
    @just --list

# format, clippy and the rule of dependencies
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo xtask deps

# every test
test *ARGS:
    cargo test --workspace {{ARGS}}

# simulated devices in the foreground, in ./lab
lab *ARGS:
    cargo run -p iosxe-cli -- lab up --dir lab {{ARGS}}

# the main job end to end on simulated devices
demo *ARGS:
    cargo run -p iosxe-cli -- demo {{ARGS}}

# look at changed snapshots and take them (needs cargo-insta)
golden:
    cargo insta test --workspace --review

# what the tests reach (needs cargo-llvm-cov)
cover:
    cargo llvm-cov --workspace --html

# measurements
bench *ARGS:
    cargo bench -p iosxe-benches {{ARGS}}

# the documentation, warnings denied
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# licences, bans, sources, advisories (needs cargo-deny)
deny:
    cargo deny check

# would every crate publish as it is?
release:
    cargo publish --workspace --dry-run --locked

# everything that must hold before a change is taken; or some sections of it
ci *SECTIONS:
    .ci/run {{SECTIONS}}
