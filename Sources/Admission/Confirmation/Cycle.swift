internal import Channel
internal import Execution

/// Recognises a program that is where it was before with everything as it was, so that it may go round for ever: helpers may
/// answer every time what they answered this time.
struct Cycle {
    private var seen: Set<UInt64> = []
    private var visits = 0

    mutating func sees(_ machine: borrowing Machine) -> Bool {
        visits += 1
        guard visits <= 512 else { return false }
        var hash: UInt64 = 0
        for register in 0...10 as ClosedRange<UInt8> { hash = mixed(hash, machine[register]) }
        var address = machine.stackStart
        while address < Stepper.stack.upperBound {
            hash = mixed(hash, machine.load(address, 8))
            address += 8
        }
        for region in machine.regions where region.kind != .stack && region.isLive && region.size <= 4096 {
            var offset: UInt64 = 0
            while offset < region.size {
                hash = mixed(hash, machine.load(region.start + offset, 1))
                offset += 1
            }
        }
        return !seen.insert(hash).inserted
    }
}
