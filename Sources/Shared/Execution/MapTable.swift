internal import Channel

struct ValueRange { var start: UInt64, size: UInt64, isWritable: Bool }
struct MapTable {
    let memory: CellMemory
    let descriptors: UInt64
    let count: UInt64
    func value(containing address: UInt64) -> ValueRange? { nil }
    func address(ofDescriptor index: UInt64) -> UInt64 { descriptors }
    func onlyValue(of index: UInt64) -> UInt64? { nil }
}
extension ProgramRunner {
    mutating func call(helper: Int64, _ registers: inout [16 of UInt64]) -> FaultKind? {
    switch boot.helperProfile {
    case .conformance:
        guard helper == 5 else { return .unknownHelper }
        registers[0] = registers[1]
        return nil
    case .linux: return .unknownHelper
    }
}
}
