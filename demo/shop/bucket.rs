//! In which of 100 buckets a user falls, exactly as Unleash's own SDKs decide it.
//!
//! In: a group and a sticky id. Out: 1 to 100. A user is in a rollout of p percent if the bucket is at most p, so
//! widening only ever adds users. It must never differ from the SDKs by a single user: their known answers are tested
//! below.

/// Bucket of an id in a group, 1 to 100.
///
/// Source: `normalizedStrategyValue` in Unleash's Node SDK (`src/strategy/util.ts`): murmur3 of `group:id`, seed 0,
/// modulo 100, plus 1.
pub fn bucket(group: &str, id: &str) -> u32 {
    murmur3_32(format!("{group}:{id}").as_bytes(), 0) % 100 + 1
}

/// MurmurHash3_x86_32 by Austin Appleby (public domain), smhasher `MurmurHash3.cpp`.
fn murmur3_32(bytes: &[u8], seed: u32) -> u32 {
    fn scramble(block: u32) -> u32 {
        block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
    }

    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut hash = seed;
    for block in blocks {
        hash ^= scramble(u32::from_le_bytes(*block));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let rest = tail.iter().rev().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
    hash ^= scramble(rest);

    // The length enters modulo 2^32, as in the original.
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur3_gives_the_published_answers() {
        let known: [(&str, u32, u32); 7] = [
            ("", 0, 0),
            ("", 1, 0x514e_28b7),
            ("", 0xffff_ffff, 0x81f1_6f39),
            ("test", 0, 0xba6b_d213),
            ("test", 0x9747_b28c, 0x704b_81dc),
            ("Hello, world!", 0, 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x9747_b28c, 0x2fa8_26cd),
        ];
        for (text, seed, hash) in known {
            assert_eq!(murmur3_32(text.as_bytes(), seed), hash, "{text:?} with seed {seed:#x}");
        }
    }

    #[test]
    fn buckets_are_those_of_the_node_java_and_go_sdks() {
        assert_eq!(bucket("gr1", "123"), 73);
        assert_eq!(bucket("groupX", "999"), 25);
    }

    #[test]
    fn every_bucket_gets_about_its_share() {
        let mut seen = [0u32; 101];
        for n in 0..100_000 {
            seen[bucket("checkout-v2", &format!("free-{n}")) as usize] += 1;
        }
        assert_eq!(seen[0], 0);
        assert!(seen[1..].iter().all(|count| (800..1200).contains(count)), "{seen:?}");
    }
}
