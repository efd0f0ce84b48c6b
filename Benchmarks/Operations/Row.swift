internal import Measuring

/// One operation in one place.
struct Row: Codable {
    let name: String
    let place: Place
    /// What rows have in common that differ in the number of elements only, and that number.
    let series: String?
    let entries: Int?
    /// Why there are no numbers; nil where there are.
    var problem: String?
    /// Nanoseconds of one operation: an event less an event of the same shape that does nothing, shared out.
    var operation: Summary?
    /// Nanoseconds of the whole event.
    var event: Summary?
    /// Turns that somebody else's work disturbed, and whether so many that the rest does not count.
    var disturbedTurns = 0
    var isDisturbed = false

    init(_ name: String, _ place: Place, series: String?, entries: Int?) {
        self.name = name
        self.place = place
        self.series = series
        self.entries = entries
    }
}

/// Everything that one run found.
struct Report: Codable {
    let host: HostDescription
    var rows: [Row] = []
    var lanes: [LaneRow] = []
    private(set) var judgements: [Judgement] = []

    /// An operation in a tier that is held to the kernel's.
    struct Judgement: Codable {
        var name: String
        var place: Place
        /// Nil where one of both was not measured.
        var target: Figure.Target?
        /// Whether the samples behind it were quiet enough to say anything.
        var isJudged: Bool

        var text: String {
            guard let target else { return "–" }
            return isJudged ? (target.isMet ? "met" : "NOT MET") : "busy"
        }
    }

    /// What an operation may cost, in kernel's operations.
    static let limit = 1.5
    /// Less than this is not told apart from the noise of two loops: an operation of the kernel's counts as no shorter.
    static let resolutionNanoseconds = 1.0

    func row(_ name: String, _ place: Place) -> Row? { rows.first { $0.name == name && $0.place == place } }

    var names: [String] {
        var names: [String] = []
        for row in rows where !names.contains(row.name) { names.append(row.name) }
        return names
    }

    /// Holds every operation in machine code to the kernel's.
    mutating func judge() {
        for name in names {
            let kernel = row(name, .kernel)?.operation?.median
            for place in [Place.jitGuest, .jitChild] {
                let own = row(name, place)
                var target: Figure.Target?
                if let kernel, let median = own?.operation?.median {
                    target = Figure.Target(
                        "\(name), \(place.rawValue) / kernel", limit: Self.limit,
                        value: max(0, median) / max(kernel, Self.resolutionNanoseconds))
                }
                judgements.append(
                    Judgement(name: name, place: place, target: target, isJudged: !(own?.isDisturbed ?? false)))
            }
        }
    }

    func judgement(_ name: String, _ place: Place) -> Judgement? {
        judgements.first { $0.name == name && $0.place == place }
    }
}
