import Foundation
import ProgramPackage

/// What the lines above a program say of it, and the markers in it: the part that assembly and C have in common.
struct CorpusHeader {
    var file: String
    var line: Int
    var name: String
    var outcome: CorpusProgram.Outcome?
    var reasons: [String] = []
    var errors: [CorpusProgram.Error] = []
    var consequences: [CorpusProgram.Place] = []
    /// The time is for builds that are not optimised, on machines that do other things too.
    var options = {
        var options = VerifierOptions()
        options.milliseconds = 120_000
        return options
    }()
    /// Places of the error whose last place is still to come.
    private var pending: [CorpusProgram.Place] = []

    init(file: String, line: Int, name: String) {
        self.file = file
        self.line = line
        self.name = name
    }

    func failure(_ reason: String, line: Int) -> CorpusError { CorpusError(file: file, line: line, reason: reason) }

    /// Takes a line such as `accepted` or `because it may be null`; says whether it was one.
    mutating func take(_ text: Substring, line: Int) throws -> Bool {
        let words = text.split(separator: " ")
        if text.hasPrefix("because ") {
            reasons.append(String(text.dropFirst("because ".count)))
        } else if words.count == 1, let outcome = CorpusProgram.Outcome(rawValue: String(words[0])) {
            guard self.outcome == nil else { throw failure("a program has one outcome", line: line) }
            self.outcome = outcome
        } else if words.first == "option" {
            switch words.dropFirst().first {
            case "allowsAddressLeaks" where words.count == 2: options.allowsAddressLeaks = true
            case "visits" where words.count == 3:
                guard let visits = UInt64(words[2]) else { throw failure("visits is a number", line: line) }
                options.visits = visits
            default: throw failure("no such option", line: line)
            }
        } else {
            return false
        }
        return true
    }

    enum Marker: String, CaseIterable {
        case certain = "// rejected: "
        /// Another place at which the error of the next marker may be reported.
        case alternative = "// or rejected: "
        /// What may follow from an error before, or may not.
        case consequence = "// perhaps rejected: "

        static func find(in text: Substring) -> (Marker, Range<Substring.Index>)? {
            for marker in allCases {
                if let range = text.range(of: marker.rawValue) { return (marker, range) }
            }
            return nil
        }
    }

    /// Takes the marker at the end of a line of code, if it has one: a kind and perhaps a hint.
    mutating func takeMarker(of text: Substring, line: Int) throws {
        guard let (marker, comment) = Marker.find(in: text) else {
            if text.contains("// rejected") { throw failure("a marker that is cut short", line: line) }
            return
        }
        let words = text[comment.upperBound...].split(separator: " ")
        guard words.count == 1 || words.count == 2 else { throw failure("a marker is a kind and a hint", line: line) }
        let kinds = try words[0].split(separator: "|").map { word in
            guard let kind = Finding.Kind.allCases.first(where: { "\($0)" == word }) else {
                throw failure("no finding is called \(word)", line: line)
            }
            return kind
        }
        var hint: Finding.Hint?
        if words.count == 2 {
            hint = Finding.Hint.allCases.first { "\($0)" == words[1] }
            guard hint != nil else { throw failure("no hint is called \(words[1])", line: line) }
        }
        let place = CorpusProgram.Place(line: line, kinds: kinds, hint: hint)
        switch marker {
        case .certain:
            errors.append(CorpusProgram.Error(places: pending + [place]))
            pending = []
        case .alternative: pending.append(place)
        case .consequence: consequences.append(place)
        }
    }

    func finished(_ source: CorpusProgram.Source) throws -> CorpusProgram {
        guard let outcome else { throw failure("no outcome", line: line) }
        guard pending.isEmpty else { throw failure("'or rejected' stands before a 'rejected'", line: line) }
        guard errors.isEmpty == (outcome != .rejected) else {
            throw failure("a rejected program has markers, and no other", line: line)
        }
        guard outcome == .accepted || !reasons.isEmpty else {
            throw failure("a program that is not accepted has a 'because'", line: line)
        }
        return CorpusProgram(
            name: name, file: file, line: self.line, outcome: outcome, reason: reasons.joined(separator: " "),
            errors: errors, consequences: consequences, options: options, source: source)
    }
}
