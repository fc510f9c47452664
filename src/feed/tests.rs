//! The room as a whole: the page against the codec, the laws, and faults over real sockets.

mod fake;
mod faults;
mod guide;
mod laws;
mod served;
mod sets;

#[test]
fn everything_that_waits_can_stand_in_a_promise() {
    fn link(link: &mut super::Link) -> impl Send + '_ {
        link.next()
    }
    fn run(control: &super::Control) -> impl Send + '_ {
        control.run()
    }
    fn request<'a>(control: &'a super::Control, set: &'a super::message::Set) -> impl Send + 'a {
        control.request(set, std::time::Duration::ZERO)
    }
    fn look<'a>(endpoint: &'a super::Endpoint, want: &'a super::Want) -> impl Send + 'a {
        super::look(endpoint, want)
    }
    // Compiling is the test: adapters box these futures as `Send`.
    let _ = (link, run, request, look);
}
