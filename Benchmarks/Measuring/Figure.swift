/// One line of the table: what was measured, what it should be, and what it is beside.
package struct Figure: Codable, Sendable {
    package struct Series: Codable, Sendable {
        package let name: String
        /// The unit of the summary's numbers.
        package let unit: String
        package let summary: Summary

        package init(_ name: String, _ unit: String, _ summary: Summary) {
            self.name = name
            self.unit = unit
            self.summary = summary
        }
    }

    /// What a figure is held to.
    package struct Target: Codable, Sendable {
        package let text: String
        /// At most this.
        package let limit: Double
        package let value: Double

        package init(_ text: String, limit: Double, value: Double) {
            self.text = text
            self.limit = limit
            self.value = value
        }

        package var isMet: Bool { value <= limit }
    }

    /// "S1" and so on; `part` tells several of one number apart.
    package let number: String
    package let part: String
    package let what: String
    package let series: [Series]
    package let targets: [Target]
    package let disturbedTurns: Int
    /// The machine was never quiet enough, so that targets are not judged.
    package let isDisturbed: Bool
    /// How it was obtained, where the reader has to know; why it was not, where there are no series.
    package let note: String

    /// Nanoseconds of one multiplication that waits for the one before, at the processor's best while this was measured.
    package let multiplicationNanoseconds: Double?

    /// A figure that could not be obtained.
    ///
    /// - Parameter name: the benchmark's, which starts with the figure's number.
    package init(failing name: String, _ reason: String) {
        let words = name.split(separator: " ", maxSplits: 1)
        self.init(String(words.first ?? "?"), "", String(words.last ?? "?"), [], note: "NOT MEASURED: \(reason)")
    }

    package init(
        _ number: String, _ part: String = "", _ what: String, _ series: [Series], targets: [Target] = [],
        under turns: Alternation? = nil, note: String = ""
    ) {
        self.number = number
        self.part = part
        self.what = what
        self.series = series
        self.targets = targets
        disturbedTurns = turns?.disturbedTurns ?? 0
        isDisturbed = turns?.isDisturbed ?? false
        multiplicationNanoseconds = turns?.multiplicationNanoseconds
        self.note = note
    }
}
