internal import Bytecode
package import ProgramPackage
internal import Prototypes

/// What pointers are counted from.
package enum PointerBase: UInt8, Sendable {
    case context, stack, packet, packetEnd, packetMeta, map, mapValue, memory, socket, kernelObject, function
}

/// A real machine before one of its instructions.
package protocol ConcretePoint {
    func register(_ number: UInt8) -> UInt64
    /// Bytes of the packet.
    var packetSize: UInt64 { get }
    /// Addresses that a pointer may be counted from: the first, the second, … of what there is of the kind; nil behind the last.
    ///
    /// - Parameters:
    ///   - identity: index of the map, first instruction of the function.
    ///   - frame: 0 for the entry's; its address is what its R10 holds.
    func base(_ index: Int, _ kind: PointerBase, identity: UInt32, frame: Int) -> UInt64?
    func load(_ address: UInt64, size: UInt8) -> UInt64
}

/// The states that a verification had before each instruction, for tests: a run of an accepted program is at every instruction in
/// one of them.
package struct Invariants: Sendable {
    private var states: [[State]]

    /// Whether the instruction was ever reached.
    package func isReached(_ instruction: Int) -> Bool { !states[instruction].isEmpty }
    package func count(_ instruction: Int) -> Int { states[instruction].count }

    init(_ states: [[State]]) { self.states = states }

    /// Why the machine is in none of the states there; nil where it is in one.
    package func objection(_ instruction: Int, _ point: some ConcretePoint) -> String? {
        for index in states[instruction].indices where states[instruction][index].holds(point) { return nil }
        return states[instruction].last?.objection(point) ?? "no state reaches this instruction"
    }
}

extension Verifier {
    /// The verdict of ``verify(program:of:options:)``, without findings, and the states where the program is accepted.
    package static func invariants(
        program index: Int, of package: ObjectPackage, options: VerifierOptions = VerifierOptions()
    ) -> (verification: ProgramVerification, invariants: Invariants?) {
        let program = package.programs[index]
        guard let descriptor = ProgramDescriptor.row(section: program.section) else {
            return (verify(program: index, of: package, options: options), nil)
        }
        let code: [Instruction]
        do { code = try Instruction.decode(program.code, limit: PackageLimits.slotsPerProgram) } catch {
            return (verify(program: index, of: package, options: options), nil)
        }
        let subject = Subject(
            code: code, maps: package.maps.map { MapFacts($0) }, descriptor: descriptor, licence: package.licence,
            options: options)
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(Int64(clamping: options.milliseconds)))
        var attempt: Widths? = Widths()
        while let widths = attempt {
            let record = Record(count: code.count)
            var analysis = Analysis(subject, widths, deadline: deadline)
            analysis.observer = { pc, state in record.states[pc].append(state) }
            var entry = State()
            entry.registers[1] = .pointer(.context)
            do throws(Exhausted) { try analysis.run([entry]) } catch { break }
            guard analysis.pending.isEmpty else {
                attempt = analysis.mayImprove ? widths.next(after: analysis.joinsBehindFindings) : nil
                continue
            }
            var verification = ProgramVerification(
                program: index, verdict: analysis.unbounded.isEmpty ? .accepted : .needsFuel)
            verification.result = analysis.result.map { $0.unsignedMinimum...$0.unsignedMaximum }
            verification.facts = analysis.facts
            return (verification, Invariants(record.states))
        }
        return (ProgramVerification(program: index, verdict: .rejected), nil)
    }

    private final class Record {
        var states: [[State]]
        init(count: Int) { states = Array(repeating: [], count: count) }
    }
}

extension State {
    /// Whether a real machine is in this state.
    func holds(_ point: some ConcretePoint) -> Bool {
        var amounts: [(symbol: UInt32, amount: UInt64)] = []
        // Numbers first: what their symbols stand for tells which of several values of a map a pointer is into.
        for numbersFirst in [true, false] {
            for register in 0...10 where registers[register].isNumber == numbersFirst {
                guard registers[register].holds(point.register(UInt8(register)), point, &amounts) else { return false }
            }
        }
        for index in cells.indices where Place.isStack(cells[index].key) {
            if !cells[index].value.holds(point.word(cells[index]), point, &amounts) { return false }
        }
        return point.packetSize >= UInt64(packetMinimum) && point.packetSize <= UInt64(packetMaximum)
    }

    /// Why a real machine is not in this state; nil where it is.
    func objection(_ point: some ConcretePoint) -> String? {
        var amounts: [(symbol: UInt32, amount: UInt64)] = []
        for numbersFirst in [true, false] {
            for register in 0...10 where registers[register].isNumber == numbersFirst {
                let value = registers[register]
                let word = point.register(UInt8(register))
                guard value.holds(word, point, &amounts) else {
                    return "r\(register) is \(word) and should be \(value)"
                }
            }
        }
        for cell in cells where Place.isStack(cell.key) {
            let word = point.word(cell)
            guard cell.value.holds(word, point, &amounts) else {
                return "the stack at \(Place.byte(cell.key) - frameSize) of frame \(Place.frame(cell.key)) is \(word)"
                    + " and should be \(cell.value)"
            }
        }
        let size = point.packetSize
        guard size >= UInt64(packetMinimum), size <= UInt64(packetMaximum) else {
            return "the packet has \(size) bytes and should have \(packetMinimum) to \(packetMaximum)"
        }
        return nil
    }
}

extension ConcretePoint {
    /// What lies where a cell of the stack is.
    fileprivate func word(_ cell: Cell) -> UInt64 {
        guard let top = base(0, .stack, identity: 0, frame: Place.frame(cell.key)) else { return 0 }
        return load(top &- UInt64(frameSize - Place.byte(cell.key)), size: cell.size)
    }
}

extension Value {
    /// Whether the value stands for this word, with each symbol for one amount.
    fileprivate func holds(
        _ word: UInt64, _ point: some ConcretePoint, _ amounts: inout [(symbol: UInt32, amount: UInt64)]
    ) -> Bool {
        let base: PointerBase
        switch kind {
        // Half an address: what it is half of is not kept.
        case .unusable, .packetLow: return true
        case .scalar, .tainted:
            return number.contains(word) && agrees(word &- UInt64(bitPattern: constant), point, &amounts)
        case .context: base = .context
        case .stack: base = .stack
        case .packet: base = .packet
        case .packetEnd: base = .packetEnd
        case .packetMeta: base = .packetMeta
        case .map: base = .map
        case .mapValue: base = .mapValue
        case .memory: base = .memory
        case .socket: base = .socket
        case .kernelObject: base = .kernelObject
        case .function: base = .function
        }
        if isNullable, word == 0 { return true }
        // Which of several things of a kind is meant, a state does not say.
        let isOne = point.base(1, base, identity: identity, frame: Int(frame)) == nil
        var index = 0
        while let address = point.base(index, base, identity: identity, frame: Int(frame)) {
            let variable = word &- address &- UInt64(bitPattern: constant)
            if number.contains(variable), isNullable || agrees(variable, point, &amounts, isCertain: isOne) {
                return true
            }
            index += 1
        }
        return false
    }

    private func agrees(
        _ amount: UInt64, _ point: some ConcretePoint, _ amounts: inout [(symbol: UInt32, amount: UInt64)],
        isCertain: Bool = true
    ) -> Bool {
        if symbol == Symbol.none { return true }
        if symbol == Symbol.packetSize { return amount == point.packetSize }
        if let known = amounts.first(where: { $0.symbol == symbol }) { return known.amount == amount }
        if isCertain { amounts.append((symbol, amount)) }
        return true
    }
}
