use gdhcn_log::{
    Checkpoint, FollowError, Follower, Frontier, Tile, TileKind, TreeHash, write_bundle,
};

/// A log as its files show it.
struct Log(Vec<Vec<u8>>);

impl Log {
    fn new(size: u64) -> Self {
        Self((0..size).map(|number| format!("entry {number}").into_bytes()).collect())
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::of("o", &self.frontier(self.0.len()))
    }

    fn frontier(&self, size: usize) -> Frontier {
        let mut frontier = Frontier::default();
        for entry in &self.0[..size] {
            frontier.push(TreeHash::of_leaf(entry));
        }
        frontier
    }

    fn of(&self, tile: &Tile) -> Vec<u8> {
        let first = tile.first() as usize;
        let entries = &self.0[first..first + usize::from(tile.width())];
        match tile.kind() {
            TileKind::Entries => write_bundle(entries).unwrap(),
            TileKind::Hashes { .. } => {
                entries.iter().flat_map(|entry| *TreeHash::of_leaf(entry).as_bytes()).collect()
            }
        }
    }

    /// Follows this log from a frontier to a checkpoint.
    fn followed(&self, from: Frontier, to: &Checkpoint) -> Result<Vec<u64>, FollowError> {
        let mut follower = Follower::new(from);
        let mut seen = Vec::new();
        while let Some((entries, hashes)) = follower.next(to.size) {
            let bundle = self.of(&entries);
            let new = follower.take(&entries, &bundle, &self.of(&hashes))?;
            assert!(!new.is_empty(), "each step goes on");
            seen.extend(new.into_iter().map(|(number, _)| number));
        }
        follower.arrive(to).map(|()| seen)
    }
}

#[test]
fn an_honest_log_is_followed_from_every_size_to_every_later_one() {
    let log = Log::new(600);
    for (from, to) in [(0, 0), (0, 1), (0, 600), (1, 256), (255, 257), (256, 512), (300, 599)] {
        let now = Log(log.0[..to].to_vec());
        let seen = now.followed(log.frontier(from), &now.checkpoint()).unwrap();
        assert!(seen.into_iter().eq(from as u64..to as u64), "{from} to {to}");
    }
}

#[test]
fn whatever_is_done_to_a_log_shows() {
    let honest = Log::new(300);
    let seen = honest.frontier(260);

    let rewritten = |at: usize| {
        let mut log = Log::new(300);
        log.0[at] = b"another".to_vec();
        log
    };
    // The entry changed, the tree kept.
    let error = Follower::new(Frontier::default())
        .take(
            &"tile/entries/000".parse().unwrap(),
            &rewritten(17).of(&"tile/entries/000".parse().unwrap()),
            &honest.of(&"tile/0/000".parse().unwrap()),
        )
        .unwrap_err();
    assert_eq!(error, FollowError::Entry { number: 17 });
    // Entry and hashes changed, the checkpoint kept.
    let error = rewritten(17).followed(Frontier::default(), &honest.checkpoint()).unwrap_err();
    assert!(matches!(error, FollowError::Root { size: 300, .. }), "{error}");
    // All changed and signed anew: only who has seen the log before can tell.
    let forked = rewritten(17);
    assert!(forked.followed(Frontier::default(), &forked.checkpoint()).is_ok());
    let error = forked.followed(seen.clone(), &forked.checkpoint()).unwrap_err();
    assert!(matches!(error, FollowError::Root { .. }), "{error}");
    // Dropped, put in another order.
    let mut dropped = Log::new(300);
    dropped.0.remove(17);
    let error = dropped.followed(seen.clone(), &dropped.checkpoint()).unwrap_err();
    assert!(matches!(error, FollowError::Root { size: 299, .. }), "{error}");
    let mut reordered = Log::new(300);
    reordered.0.swap(17, 18);
    let error = reordered.followed(seen.clone(), &reordered.checkpoint()).unwrap_err();
    assert!(matches!(error, FollowError::Root { .. }), "{error}");
    // Rolled back.
    let short = Log::new(100);
    let error = short.followed(seen.clone(), &short.checkpoint()).unwrap_err();
    assert_eq!(error, FollowError::Shrunk { seen: 260, now: 100 });
    // The same size, another tree.
    let same = Log(forked.0[..260].to_vec());
    let error = same.followed(seen, &same.checkpoint()).unwrap_err();
    assert!(matches!(error, FollowError::Root { size: 260, .. }), "{error}");
}

#[test]
fn files_that_are_not_what_their_path_says_are_named() {
    let log = Log::new(10);
    let follower = Follower::new(Frontier::default());
    let (entries, hashes) = follower.next(10).unwrap();
    let (bundle, tile) = (log.of(&entries), log.of(&hashes));
    let mut cut = Follower::new(Frontier::default());
    let error = cut.take(&entries, &bundle[..bundle.len() - 1], &tile).unwrap_err();
    assert!(error.to_string().contains("tile/entries/000.p/10: the bundle is cut off"), "{error}");
    let error = cut.take(&entries, &bundle, &tile[..319]).unwrap_err();
    assert_eq!(error, FollowError::Tile { index: 0, found: 319, expected: 320 });
    assert_eq!(cut.frontier(), &Frontier::default(), "nothing was taken of it");
}
