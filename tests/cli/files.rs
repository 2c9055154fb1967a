//! Files: where results go, and what is read.

mod outputs;
