//! Users who send ten requests each, one in a hundred of them broken: why the unit is a user.

use gonogo::stats::{DEFAULT_HORIZON, KillBet, Tick};

use super::chance::Chance;
use super::table::Table;

#[test]
fn by_user_alike_arms_are_not_blamed_and_by_request_they_are() {
    let mut table =
        Table::new("A/A, ten requests a user, 1 % of users broken, 10 users/s an arm, an hour, α = 5 %");
    let (alpha, runs, users, requests) = (0.05, 1_500, 10., 10.);
    let mut chance = Chance::new(900);
    let (mut by_user, mut by_request) = (0, 0);
    for _ in 0..runs {
        let bet = KillBet::new(alpha, 0.0, DEFAULT_HORIZON);
        let (mut user, mut request) = (bet, bet);
        let (mut is_user, mut is_request) = (false, false);
        for _ in 0..3_600 {
            let (broken_t, broken_c) = (chance.bad(users, 0.01), chance.bad(users, 0.01));
            let tick = |each: f64| Tick {
                treatment_units: users * each,
                treatment_bad: broken_t * each,
                control_units: users * each,
                control_bad: broken_c * each,
            };
            user.update(&tick(1.));
            request.update(&tick(requests));
            is_user |= user.standing().is_crossed;
            is_request |= request.standing().is_crossed;
        }
        by_user += u32::from(is_user);
        by_request += u32::from(is_request);
    }
    table.promise("by user", by_user, runs, alpha);
    table.share("by request (nothing is promised: they are not independent)", by_request, runs);
    assert!(by_request > runs / 2, "if this were rare, requests could be counted: {by_request}");
}
