internal import Bytecode
internal import Channel

/// What is rarely done: behind the program's code, so that the way that is usually gone is straight.
extension Lowering {
    struct Outlined {
        enum Work {
            case zeroDivisor(Division, Width, Register)
            case minusOneDivisor(Division, Width, Register)
            /// With the bytes of the access. What it is about is in the second scratch register where there are such bytes.
            case fault(FaultKind, size: UInt8)
            /// The number of the program that goes on is in R0.
            ///
            /// - Parameters:
            ///   - full: where a call goes that is one too many.
            ///   - impossible: where one goes to whose number is no program's; nil where the image has looked.
            case tailCall(full: Int32, impossible: Int32?)
            /// R0 becomes 0.
            case noTailCall
            /// A map whose contents cannot be.
            case corruptMap(Int)
            /// An element of the map in R1, whatever that is.
            case lookUp(keeping: UInt16)
        }

        var label: Int32
        var instruction: Int32
        /// Fuel that has been used on the way here and not been paid.
        var unpaid: Int32
        var work: Work
    }

    /// A jump to what is outlined, which comes back, if it does, to the instruction after the one at `index`.
    @discardableResult
    mutating func branch(_ condition: Condition, toOutlined work: Outlined.Work, at index: Int) -> Int32 {
        let label = outline(work, at: index)
        branch(condition, to: label, begun: index + 1)
        return label
    }

    mutating func branch(_ condition: Condition, to label: Int32, begun: Int) {
        layout.add(.branch, at: assembler.count, begun: begun, to: label, condition.rawValue)
    }

    /// What other pieces, or somebody else, will jump to: they lie in the order in which they are asked for.
    mutating func outline(_ work: Outlined.Work, at index: Int) -> Int32 {
        let label = labels.make()
        outlined.append(
            Outlined(label: label, instruction: Int32(truncatingIfNeeded: index), unpaid: unpaid, work: work))
        return label
    }

    mutating func emitOutlined(_ notes: borrowing Notes) {
        makeDispatcherLabels(notes)
        for piece in outlined {
            labels[Int(piece.label)] = UInt32(truncatingIfNeeded: assembler.count) + layout.slack
            let begun = Int(piece.label) + 1
            let next = piece.instruction + 1
            switch piece.work {
            case .zeroDivisor(let division, let width, let d):
                divideByZero(division, width, d)
            case .minusOneDivisor(let division, let width, let d):
                divideByMinusOne(division, width, d)
            case .fault(let kind, let size):
                pay(piece.unpaid)
                if size == 0 { clear(.scratch2) }
                leave(kind, size: size, Int(piece.instruction), begun: begun)
                continue
            case .tailCall(let full, let impossible):
                countTailCall(full: full, impossible: impossible, begun: begun, notes)
                continue
            case .noTailCall: clear(.rax)
            case .corruptMap(let map):
                pay(piece.unpaid)
                plain(.scratch2, UInt64(descriptor(ofMap: map)))
                leave(.corruptMap, size: 0, Int(piece.instruction), begun: begun)
                continue
            case .lookUp(let live):
                callOut(
                    Int64(Helper.mapLookupElement.rawValue), at: Int(piece.instruction), begun: begun, keeping: live)
            }
            // Whoever comes to the start of a block has paid.
            if notes.isTarget(Int(next)) { pay(piece.unpaid) }
            layout.add(.jump, at: assembler.count, begun: begun, to: next)
        }
    }

    private mutating func pay(_ unpaid: Int32) {
        guard options.countsFuel, unpaid > 0 else { return }
        assembler.emit(.subImmediate, .bits64, rm: .fuel, immediate: unpaid)
    }

    /// Ends the program here.
    mutating func fault(_ kind: FaultKind, about detail: UInt64, at index: Int) {
        payFuel()
        plain(.scratch2, detail)
        leave(kind, size: 0, index, begun: index + 1)
    }

    private mutating func leave(_ kind: FaultKind, size: UInt8, _ index: Int, begun: Int) {
        plain(.scratch3, UInt64(index) << 32 | UInt64(size) << 8 | UInt64(kind.rawValue))
        layout.add(.jumpOut, at: assembler.count, begun: begun, to: Layout.fault)
    }
}
