internal import Crypto
internal import Linux
internal import PolicyCore

/// What makes the digests of redacted values this host's own: a root-only file. Whoever has it can tell whether a redacted fact has a value
/// that he has in mind, and so can find out numbers and words of which there are few; whoever has it not learns which records agree.
package struct Salt: Equatable, Sendable {
    let bytes: [UInt8]

    package init() {
        var random = SystemRandomNumberGenerator()
        bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    package var text: [UInt8] { Array("ringfence-log-salt\n\(hexadecimal(bytes))\n".utf8) }

    package init?(text: [UInt8]) {
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0].elementsEqual("ringfence-log-salt".utf8), lines[1].count == 64,
            lines[2].isEmpty, let bytes = PolicyCore.bytes(fromHexadecimal: lines[1])
        else { return nil }
        self.bytes = bytes
    }

    static func read(from directory: borrowing Directory) throws(LogError) -> Salt {
        let text = try system { () throws(SystemError) in
            try Linux.read(try directory.open(LogState.saltName, .read), limit: 256)
        }
        guard let salt = Salt(text: text) else { throw .stateMalformed }
        return salt
    }

    /// The digest, of 16 bytes, in hexadecimal, of one thing that a fact may be.
    func digest(_ name: FactName, _ word: String) -> String {
        var hash = SHA256()
        hash.update(data: Array("ringfence-redacted".utf8) + bytes)
        hash.update(data: Array("\(name.rawValue)\n\(word)".utf8))
        return hexadecimal(hash.finalize().prefix(16))
    }

    /// Of a number, one digest for each of its 16 hexadecimal digits and those before it: that is what lets another limit be tried.
    func digests(_ name: FactName, of number: UInt64) -> [String] {
        (1...16).map { count in digest(name, "\(count):\(number >> UInt64(64 - 4 * count))") }
    }

    /// The number that these digests are of; nil where it is none.
    func number(_ name: FactName, _ digests: [String]) -> UInt64? {
        guard digests.count == 16 else { return nil }
        var number: UInt64 = 0
        for (index, wanted) in digests.enumerated() {
            guard
                let digit = (UInt64(0)..<16).first(where: { digest(name, "\(index + 1):\(number << 4 | $0)") == wanted }
                )
            else { return nil }
            number = number << 4 | digit
        }
        return number
    }
}

extension FactShape {
    /// A number by itself, which a rule may compare with a limit.
    var isNumber: Bool {
        switch self {
        case .number, .duration, .release: true
        case .word, .text, .flag, .digest, .keys, .digests, .helpers, .words, .labels: false
        }
    }
}

extension DecisionRecord {
    /// The record with digests in the place of the values of some facts, wherever it says them.
    func redacting(_ names: Set<FactName>, of decisionFacts: Facts, with salt: Salt) -> DecisionRecord {
        guard !names.isEmpty else { return self }
        var record = self
        for name in names {
            guard case .known(let value, let provenance) = decisionFacts[named: name] else { continue }
            let digests: [String]
            if name.shape.isNumber, case .one(.number(let number)) = value {
                digests = salt.digests(name, of: number)
            } else {
                digests = name.shape.words(value).map { salt.digest(name, $0) }.sorted()
            }
            record.facts[name.rawValue] = FactRecord(salted: digests, provenance: provenance.rawValue)
            if name == .program { record.program = digests.first.map { "redacted:\($0)" } }
        }
        return record
    }
}

extension Decision {
    /// The decision with those causes left out that repeat what a redacted fact says.
    func concealing(_ names: Set<FactName>) -> Decision {
        var decision = self
        for index in decision.tiers.indices {
            guard let enclosure = decision.tiers[index].tier.enclosure else { continue }
            decision.tiers[index].enclosure = decision.tiers[index].enclosure.concealed(enclosure, names)
        }
        return decision
    }
}

extension Availability {
    func concealing(_ names: Set<FactName>) -> Availability {
        var availability = self
        availability.guest = guest.concealed(.guest, names)
        availability.child = child.concealed(.child, names)
        return availability
    }
}

extension EnclosureState {
    fileprivate func concealed(_ enclosure: Tier.Enclosure, _ names: Set<FactName>) -> EnclosureState {
        let fact: FactName =
            switch enclosure {
            case .guest: .hostKVM
            case .child: .hostSeccomp
            }
        guard self != .usable, names.contains(fact) else { return self }
        return .unusable("redacted")
    }
}
