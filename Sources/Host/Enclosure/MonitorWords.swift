internal import CChild
internal import CLinux
internal import Channel
internal import Confinement
internal import Linux
package import Virtualization

/// The page through which a monitor or a child tells the broker what became of its cell. A guest cannot reach it; the image in a
/// child does not know where it is.
///
/// Either is believed until its cell first runs, and not after: whoever breaks out of a guest lands there, and a child is nothing but
/// its cell. So the broker checks what it reads here as it checks what a cell writes; the worst that a lie does is to end the cell.
package enum MonitorWords {
    package static let size: UInt64 = 4096

    static let status = CCHILD_REPORT_STATUS
    /// Raised with every wake of the broker; the broker waits on it.
    static let wakeCounter = CCHILD_REPORT_WAKE_COUNTER
    static let reason = CCHILD_REPORT_REASON
    static let detail = CCHILD_REPORT_DETAIL
    static let detail2 = CCHILD_REPORT_DETAIL2
    static let faultKnown = CCHILD_REPORT_FAULT_KNOWN
    static let vector = CCHILD_REPORT_VECTOR
    static let instruction = CCHILD_REPORT_INSTRUCTION
    static let address = CCHILD_REPORT_ADDRESS
    static let stack = CCHILD_REPORT_STACK
    static let errorCode = CCHILD_REPORT_ERROR_CODE
    /// How often the cell left the guest, or rang.
    static let exits = CCHILD_REPORT_EXITS

    /// The process's confinement report, written before its cell ran.
    static let confinementReport: UInt64 = 256

    enum Status {
        static let starting = CCHILD_STATUS_STARTING
        static let running = CCHILD_STATUS_RUNNING
        static let ended = CCHILD_STATUS_ENDED
    }
}

/// Why a cell came off its processor.
package enum CellEnd: Equatable, Sendable {
    /// The guest faulted: with no descriptor table, every fault shuts the machine down.
    case fault(Fault)
    /// The image in a child did what its process gets a signal for.
    case signal(Int32, Fault)
    /// The broker asked (deadline or shutdown); where the guest was, if known.
    case stopped(Fault?)
    /// A store or load outside its memory that is no doorbell.
    case strayAccess(address: UInt64, isWrite: Bool, Fault?)
    /// More doorbells than a sound image can have a reason for.
    case doorbellStorm(count: UInt64, limit: UInt64)
    /// An exit that nothing in this machine can cause.
    case unexpectedExit(reason: UInt32, detail: UInt64)
    /// The machine, or the cell's memory, could not be made; errno of the call.
    case machine(errno: Int32)
    /// The process could not confine itself, so the cell never ran.
    case confinement(step: UInt32, errno: Int32)
    /// The report itself makes no sense.
    case invalidReport(reason: UInt32)
}

/// The numbers under which a ``CellEnd`` crosses the page.
enum EndReason: UInt32 {
    case fault = 1
    case stopped, strayRead, strayWrite, doorbellStorm, unexpectedExit, machine, confinement, signal
}

/// Either side's view of the page.
struct MonitorReport {
    let memory: CellMemory

    var status: UInt32 { memory.loadAcquire32(MonitorWords.status) }
    var wakeCounter: UInt32 { memory.loadAcquire32(MonitorWords.wakeCounter) }

    /// Monitor, or a child that is not yet its cell: publishes the end, and wakes the broker.
    func publish(_ reason: EndReason, detail: UInt64 = 0, _ detail2: UInt64 = 0, fault: Fault?) {
        memory.storeRelaxed32(MonitorWords.reason, reason.rawValue)
        memory.storeRelaxed64(MonitorWords.detail, detail)
        memory.storeRelaxed64(MonitorWords.detail2, detail2)
        memory.storeRelaxed32(MonitorWords.faultKnown, fault == nil ? 0 : 1)
        if let fault {
            memory.storeRelaxed32(MonitorWords.vector, fault.vector.map(UInt32.init) ?? .max)
            memory.storeRelaxed64(MonitorWords.instruction, fault.instruction)
            memory.storeRelaxed64(MonitorWords.address, fault.address)
            memory.storeRelaxed64(MonitorWords.stack, fault.stack)
            memory.storeRelaxed32(MonitorWords.errorCode, fault.errorCode)
        }
        memory.storeRelease32(MonitorWords.status, MonitorWords.Status.ended)
    }

    /// Broker: what the process said of its confinement.
    func confinement() -> ConfinementReport? {
        var bytes = [UInt8](repeating: 0, count: ConfinementReport.messageSize)
        // SAFETY: the report has a fixed size and lies inside the page.
        unsafe bytes.withUnsafeMutableBytes { unsafe memory.copyOut(MonitorWords.confinementReport, into: $0) }
        return try? ConfinementReport(message: bytes)
    }

    /// Broker: the end, from one read of each word.
    func end() -> CellEnd {
        let reason = memory.loadRelaxed32(MonitorWords.reason)
        let detail = memory.loadRelaxed64(MonitorWords.detail)
        let detail2 = memory.loadRelaxed64(MonitorWords.detail2)
        let fault = memory.loadRelaxed32(MonitorWords.faultKnown) == 0 ? nil : readFault()
        guard let kind = EndReason(rawValue: reason) else { return .invalidReport(reason: reason) }
        switch kind {
        case .fault:
            guard let fault else { return .invalidReport(reason: reason) }
            return .fault(fault)
        case .signal:
            guard let fault else { return .invalidReport(reason: reason) }
            return .signal(Int32(truncatingIfNeeded: detail), fault)
        case .stopped: return .stopped(fault)
        case .strayRead: return .strayAccess(address: detail, isWrite: false, fault)
        case .strayWrite: return .strayAccess(address: detail, isWrite: true, fault)
        case .doorbellStorm: return .doorbellStorm(count: detail, limit: detail2)
        case .unexpectedExit: return .unexpectedExit(reason: UInt32(truncatingIfNeeded: detail), detail: detail2)
        case .machine: return .machine(errno: Int32(truncatingIfNeeded: detail))
        case .confinement:
            return .confinement(
                step: UInt32(truncatingIfNeeded: detail), errno: Int32(truncatingIfNeeded: detail2))
        }
    }

    private func readFault() -> Fault {
        let vector = memory.loadRelaxed32(MonitorWords.vector)
        return Fault(
            instruction: memory.loadRelaxed64(MonitorWords.instruction),
            address: memory.loadRelaxed64(MonitorWords.address), stack: memory.loadRelaxed64(MonitorWords.stack),
            vector: UInt8(exactly: vector), errorCode: memory.loadRelaxed32(MonitorWords.errorCode))
    }
}

extension CellEnd {
    /// Where the cell was and what stopped it, in either enclosure.
    package var fault: Fault? {
        switch self {
        case .fault(let fault), .signal(_, let fault): fault
        case .stopped(let fault), .strayAccess(_, _, let fault): fault
        case .doorbellStorm, .unexpectedExit, .machine, .confinement, .invalidReport: nil
        }
    }
}
