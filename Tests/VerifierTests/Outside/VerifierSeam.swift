import Bytecode
import ProgramPackage
import Prototypes

@testable import Verifier

/// The one place where outside tests touch the verifier: their words go into its states here, and its states into
/// theirs.
enum VerifierSeam {
    static func ask(_ inquiry: Inquiry) throws -> Answer {
        let subject = Subject(
            code: inquiry.code, maps: inquiry.entry.maps.map { MapFacts($0) }, descriptor: descriptor, licence: "GPL",
            options: VerifierOptions())
        let entry = State(inquiry.entry)
        let verification = Verifier.examine(subject, [entry]).verification
        var answer = Answer(verdict: verdict(verification.verdict))
        answer.findings = verification.findings.map {
            Answer.Finding(instruction: $0.instruction, text: "\($0.kind): \($0.requirement)")
        }
        answer.result = verification.result
        if !inquiry.observed.isEmpty {
            let collector = Collector(Set(inquiry.observed))
            var analysis = Analysis(subject, Widths(usual: 512), deadline: .now.advanced(by: .seconds(5)))
            analysis.observer = { pc, state in collector.add(pc, state, subject.maps) }
            try? analysis.run([entry])
            answer.seen = collector.seen
        }
        return answer
    }

    private static func verdict(_ verdict: Verdict) -> Answer.Verdict {
        switch verdict {
        case .accepted: .accepted
        case .needsFuel: .needsFuel
        case .rejected: .rejected
        case .tooComplex: .tooComplex
        }
    }

    /// The program type of PREVAIL's documents: 64 bytes of context, with the ends of the packet in front.
    private static let descriptor = ProgramDescriptor(
        name: "test", linuxType: 0,
        context: ContextDescriptor(
            name: "context", size: 64,
            fields: [
                ContextField("data", at: 0, size: 4, .packet),
                ContextField("data_end", at: 4, size: 4, .packetEnd),
                ContextField("rest", at: 8, size: 56, .words, isWritable: true),
            ]),
        mayWritePacket: true, mayPassPacket: true, helpers: HelperSet(0..<256))

    private final class Collector {
        let wanted: Set<Int>
        var seen: [Int: [SeenState]] = [:]

        init(_ wanted: Set<Int>) { self.wanted = wanted }

        func add(_ pc: Int, _ state: borrowing State, _ maps: [MapFacts]) {
            guard wanted.contains(pc), state.depth == 0 else { return }
            seen[pc, default: []].append(SeenState(state, maps))
        }
    }
}

extension State {
    /// Names of the entry state, out of the way of those that an analysis gives.
    private static let firstName: UInt32 = 0x4000_0000

    init(_ entry: EntryState) {
        self.init()
        for (register, value) in entry.registers where register < 10 {
            registers[Int(register)] = Self.value(value, register)
        }
        for range in entry.numericBytes { frames[0].insert(range.lowerBound, range.upperBound) }
        for cell in entry.cells {
            frames[0].insert(cell.start, cell.start + cell.size)
            let bits = UInt64(bitPattern: cell.value)
            setCell(
                Place.stack(0, cell.start), size: UInt8(cell.size),
                .constant(cell.size == 8 ? bits : bits & ((1 << UInt64(8 * cell.size)) - 1)))
        }
        packetMinimum = min(entry.packetMinimum, maximumPacketSize)
        packetMaximum = min(entry.packetMaximum ?? maximumPacketSize, maximumPacketSize)
        metaMinimum = entry.metaMinimum
    }

    private static func value(_ entry: EntryState.Entry, _ register: UInt8) -> Value {
        switch entry {
        case .number(let amount):
            var value = Value.scalar(scalar(amount))
            if let name = amount.name, !value.number.isConstant { value.symbol = firstName + 0x100 + UInt32(name) }
            return value
        case .context(let amount): return pointer(.context, amount)
        case .packet(let amount): return pointer(.packet, amount)
        case .packetEnd: return .pointer(.packetEnd)
        case .packetMeta(let amount): return pointer(.packetMeta, amount)
        case .stack(let amount): return pointer(.stack, amount, shift: -Int64(EntryState.frameSize))
        case .map(let map): return .pointer(.map, identity: UInt32(map))
        case .mapValue(let map, let amount, let isNullable):
            guard isNullable else { return pointer(.mapValue, amount, identity: UInt32(map)) }
            return .nullable(.mapValue, identity: UInt32(map), symbol: firstName + UInt32(register))
        }
    }

    private static func scalar(_ amount: EntryState.Amount) -> Scalar {
        let signed = Scalar.signed(amount.signed.lowerBound, amount.signed.upperBound)
        return signed.met(.unsigned(amount.unsigned.lowerBound, amount.unsigned.upperBound)) ?? .unknown
    }

    private static func pointer(
        _ kind: Value.Kind, _ amount: EntryState.Amount, shift: Int64 = 0, identity: UInt32 = 0
    ) -> Value {
        if let constant = amount.constant { return .pointer(kind, identity: identity, offset: constant &+ shift) }
        var value = Value.pointer(kind, identity: identity, offset: shift)
        value.number = scalar(amount)
        return value
    }
}

extension SeenState {
    init(_ state: borrowing State, _ maps: [MapFacts]) {
        registers = []
        for register in 0...10 { registers.append(Seen(state.registers[register], maps)) }
        bytes = [Byte](repeating: .nothing, count: EntryState.frameSize)
        for index in bytes.indices where state.frames[0].containsAll(index, index + 1) { bytes[index] = .number }
        for index in state.cells.indices {
            let cell = state.cells[index]
            guard Place.isStack(cell.key), Place.frame(cell.key) == 0 else { continue }
            for byte in 0..<Int(cell.size) {
                let place = Place.byte(cell.key) + byte
                if let constant = cell.value.number.constant, cell.value.kind == .scalar {
                    bytes[place] = .constant(UInt8(truncatingIfNeeded: constant >> UInt64(8 * byte)))
                } else {
                    bytes[place] = cell.value.kind == .scalar ? .number : .pointer
                }
            }
        }
        packetMinimum = state.packetMinimum
        metaMinimum = state.metaMinimum
    }
}

extension SeenState.Seen {
    init(_ value: Value, _ maps: [MapFacts]) {
        switch value.kind {
        case .unusable: kind = .unusable
        case .scalar: kind = .number
        case .context: kind = .context
        case .stack: kind = .stack
        case .packet: kind = .packet
        case .packetEnd: kind = .packetEnd
        case .packetMeta: kind = .packetMeta
        case .map: kind = .map
        case .mapValue: kind = .mapValue
        case .memory: kind = .memory
        case .socket: kind = .socket
        default: kind = .other
        }
        isNullable = value.isNullable
        identity = value.kind == .stack ? Int(value.frame) : Int(value.identity)
        if value.kind == .mapValue { size = maps[Int(value.identity)].valueSize }
        if value.kind == .memory { size = UInt32(value.extent) }
        if value.isNumber {
            signed = value.number.signedMinimum...value.number.signedMaximum
            unsigned = value.number.unsignedMinimum...value.number.unsignedMaximum
            halfMayBeZero = value.number.halfUnsignedMinimum == 0
        } else {
            let shift = value.kind == .stack ? Int64(EntryState.frameSize) : 0
            let offsets = value.offsets ?? (-1 << 40)...(1 << 40)
            signed = offsets.lowerBound + shift...offsets.upperBound + shift
            unsigned = 0...UInt64.max
        }
        if value.symbol != Symbol.none { linear = (value.symbol, value.constant) }
    }
}
