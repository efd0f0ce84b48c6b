internal import Bytecode
internal import Channel

/// Jumps and fuel.
extension Lowering {
    /// Whether control goes on behind the instruction at `index` by itself.
    private func falls(_ index: Int, to target: Int, _ notes: borrowing Notes) -> Bool {
        var next = index + 1
        while next < target, !notes.isReachable(next) { next += 1 }
        return next == target
    }

    mutating func jump(_ instruction: Instruction, at index: Int, _ notes: borrowing Notes) {
        let target = Int(instruction.offset)
        payFuel(checkedAt: target <= index ? index : nil)
        if !falls(index, to: target, notes) {
            layout.add(.jump, at: assembler.count, begun: index + 1, to: instruction.offset)
        }
    }

    @inline(__always) mutating func branch(
        _ template: Template, _ destination: Operand, _ immediate: Int32, _ instruction: Instruction, _ index: Int,
        _ notes: borrowing Notes
    ) {
        let (condition, width) = (template.condition, template.width)
        payForBranch(instruction, index)
        if hasOneWay(instruction, index, notes) { return }
        if immediate == 0 {
            let isShown =
                condition & ~1 == Condition.equal.rawValue && flags.show(instruction.destination, width, at: index)
            if !isShown { assembler.emit(plain: Stencil(.testRegister, width), destination, rm: destination) }
        } else if let operand = blindedOperand(immediate) {
            assembler.emit(Stencil(.compareRegister, width), operand, rm: destination)
        } else {
            assembler.emit(plain: template.stencil, rm: destination, shortest: immediate)
        }
        branch(condition, instruction, index)
    }

    mutating func branchIfSet(
        _ width: Width, _ d: Register, _ immediate: Int32, _ instruction: Instruction, _ index: Int,
        _ notes: borrowing Notes
    ) {
        payForBranch(instruction, index)
        if hasOneWay(instruction, index, notes) { return }
        if let operand = blindedOperand(immediate) {
            assembler.emit(Stencil(.testRegister, width), operand, rm: Operand(d))
        } else if immediate >= 0, immediate < 128 {
            assembler.emit(.testImmediate8, .bits32, rm: d, immediate: immediate)
        } else {
            assembler.emit(.testImmediate, immediate >= 0 ? .bits32 : width, rm: d, immediate: immediate)
        }
        branch(Condition.notEqual.rawValue, instruction, index)
    }

    /// A jump that the flags decide, where both ways can be gone.
    @inline(__always) mutating func branch(_ condition: UInt8, _ instruction: Instruction, _ index: Int) {
        if Int(instruction.offset) != index + 1 {
            layout.add(.branch, at: assembler.count, begun: index + 1, to: instruction.offset, condition)
        }
    }

    /// Whether a branch always goes the same way: the other may have no code, and this one is gone without a look, which is made here.
    @inline(__always) mutating func hasOneWay(
        _ instruction: Instruction, _ index: Int, _ notes: borrowing Notes
    ) -> Bool {
        switch notes.way(index) {
        case .either: return false
        case .onward: return true
        case .jump:
            goJumping(instruction, index, notes)
            return true
        }
    }

    @inline(never) private mutating func goJumping(
        _ instruction: Instruction, _ index: Int, _ notes: borrowing Notes
    ) {
        if !falls(index, to: Int(instruction.offset), notes) {
            layout.add(.jump, at: assembler.count, begun: index + 1, to: instruction.offset)
        }
    }

    @inline(__always) mutating func payForBranch(_ instruction: Instruction, _ index: Int) {
        payFuel(checkedAt: Int(instruction.offset) <= index ? index : nil)
    }

    /// Takes what the instructions since the last time have cost, this one included, off the fuel.
    ///
    /// - Parameter checked: the instruction that must not go on without fuel. Only jumps backwards, local calls and exits are: whatever
    ///   else there is, a program reaches one of these, or its end, after each of its instructions at most once.
    @inline(__always) mutating func payFuel(checkedAt checked: Int? = nil) {
        if options.countsFuel { pay(checked) }
    }

    private mutating func pay(_ checked: Int?) {
        flags = .unknown
        if unpaid > 0 || checked != nil {
            assembler.emit(.subImmediate, .bits64, rm: .fuel, immediate: unpaid)
            unpaid = 0
        }
        if let checked { branch(.less, toOutlined: .fault(.fuelExhausted, size: 0), at: checked) }
    }
}
