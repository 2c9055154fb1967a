use super::Outcome;
/// TODO
#[derive(clap::Args, Default)]
pub struct Serve {}
impl Serve { pub fn run(self) -> Outcome { Ok(()) } }
