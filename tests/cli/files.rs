//! Files: what is read, and where results go.

mod data;
mod outputs;
mod sets;
