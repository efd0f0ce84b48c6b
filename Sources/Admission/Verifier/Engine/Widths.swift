/// How many states are kept at each point before some are joined, and where more are kept once joins were seen to lose something.
///
/// Few are enough almost everywhere. Where a proof fails in a state that stands for several, it is tried again with more states kept
/// just where the states on the way to the failure were joined; what is lost then is lost elsewhere, and the next attempt
/// keeps more there too. Only when that leads nowhere is more kept everywhere.
struct Widths {
    /// States kept at a point that is not raised.
    private(set) var usual: Int
    /// Points, as instructions, at which ``raisedWidth`` states are kept.
    private(set) var raised: Set<Int> = []
    private var rounds = 0

    static let ladder = [16, 64, 512, 2048]
    private static let raisedWidth = 512
    /// Attempts with one usual width.
    private static let maximumRounds = 6

    init(usual: Int = Widths.ladder[0]) { self.usual = usual }

    @inline(__always) func at(_ instruction: Int) -> Int {
        raised.isEmpty || !raised.contains(instruction) ? usual : max(usual, Self.raisedWidth)
    }

    /// What to try after an attempt that failed in joined states; nil where there is nothing left to try.
    ///
    /// - Parameter joins: where the states on the ways to the failures were joined.
    func next(after joins: Set<Int>) -> Widths? {
        var next = self
        if rounds < Self.maximumRounds, !joins.isSubset(of: raised) {
            next.raised.formUnion(joins)
            next.rounds += 1
            return next
        }
        guard let wider = Self.ladder.first(where: { $0 > usual }) else { return nil }
        next.usual = wider
        next.rounds = 0
        return next
    }
}
