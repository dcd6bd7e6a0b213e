//! Conversations with a device: what is typed, what is waited for, which questions are answered.
//!
//! [`console`] holds the one loop that runs a command at a prompt; [`script`] strings commands into
//! looks; [`login`] gets from a fresh shell to a usable prompt; [`act`] sends changing commands and
//! reads their verdict, and [`firmware`] judges the questions of one of them; [`pull`] lets a device fetch a file from a server.

pub mod act;
mod answers;
mod configuration;
pub mod console;
pub mod firmware;
pub mod login;
pub mod pull;
pub mod script;
