internal import CLinux
internal import Channel
package import Confinement
package import Linux

/// The broker's side of one running cell, in whichever enclosure. When this value goes, its process is killed.
package struct Cell: ~Copyable {
    private let memory: CellMemory
    private let report: MonitorReport
    private let regions: CellRegions
    private let process: JailedProcess
    private let boot: BootRecord
    private let limits: WaitLimits
    /// Which of the cells that ever had these maps this is.
    package let generation: UInt32
    package var ring: EventRing
    package var log: LogReader
    private var parkEpoch: UInt32 = 0
    private var wakeGeneration: UInt32 = 0
    private var run: UInt32 = 1

    /// Starts a cell and returns at once; ``waitUntilRunning()`` says whether it came up.
    ///
    /// - Parameters:
    ///   - maps: the file that holds the maps' memory.
    ///   - generation: different for every cell that ever has these maps.
    package init(
        in jail: Jail, _ program: borrowing CellProgramFile, maps: borrowing MemoryFile, generation: UInt32,
        limits: WaitLimits
    ) throws(EnclosureError) {
        let regions = try CellRegions(channelSize: roundedToPage(program.boot.geometry.size))
        let memory = regions.memory
        memory.storeRelaxed32(HostWords.order, 1)
        memory.storeRelaxed32(HostWords.cellGeneration, generation)
        let ring = EventRing(memory: memory, boot: program.boot, isFresh: true)
        let log = LogReader(memory: memory, boot: program.boot)
        let process = try jail.startCell(
            regions.message(for: program, maps: maps), regions.descriptors(for: program, maps: maps))
        self.memory = memory
        report = regions.report
        self.process = process
        self.ring = ring
        self.log = log
        self.regions = regions
        self.generation = generation
        boot = program.boot
        self.limits = limits
    }

    /// How often the cell has left the guest, or has rung in a child, as its process says: not at all while both sides are busy.
    package var claimedExits: UInt64 { report.memory.loadRelaxed64(MonitorWords.exits) }

    /// The process in which the cell is: its monitor, or the child itself.
    package var processID: Int32 { process.process }

    /// Waits until the image polls for events, and takes its process's report of itself.
    package mutating func waitUntilRunning() throws(CellFailure) {
        let started = monotonicNanoseconds()
        while true {
            let seen = report.wakeCounter
            switch memory.loadAcquire32(CellWords.state) {
            case CellState.running:
                if confinement == nil { confinement = report.confinement() }
                return
            case CellState.refusedBootRecord: throw .refusedBootRecord
            default: break
            }
            try checkAlive()
            guard monotonicNanoseconds() - started < Self.startNanoseconds else {
                throw .deadlineExceeded(nanoseconds: Self.startNanoseconds, stop())
            }
            // The process wakes the broker right before the image first runs; what is left is short enough to poll for.
            if report.status == MonitorWords.Status.starting {
                sleep(seen, atMost: 50_000_000)
            } else {
                _ = clinux_yield()
            }
        }
    }

    /// How long a machine may take to come up. One that dies is seen at once, so this is only for one that hangs, and it has to leave time to
    /// a host with much else to do: where twenty processes want a processor, a start has been seen to take more than two seconds.
    private static let startNanoseconds: UInt64 = 10_000_000_000

    /// Tells the cell that events were submitted, if it sleeps. One fence where it does not.
    @inline(__always)
    package mutating func notify() {
        fence()
        if memory.loadRelaxed32(CellWords.parked) != 0 { wakeCell() }
    }

    @inline(never)
    private mutating func wakeCell() {
        wakeGeneration &+= 1
        memory.storeRelease32(HostWords.wakeGeneration, wakeGeneration)
        _ = clinux_futex_wake(memory.hostAddress(of: HostWords.wakeGeneration))
    }

    /// Takes the next verdict: polls first, then sleeps until the cell wakes it or the deadline is over.
    @inline(__always)
    package mutating func awaitVerdict() throws(CellFailure) -> Verdict {
        var polls = 0
        while polls < Self.eagerPolls {
            if let verdict = try poll() { return verdict }
            polls &+= 1
        }
        return try awaitPatiently()
    }

    private static let eagerPolls = 2048

    @inline(__always)
    private mutating func poll() throws(CellFailure) -> Verdict? {
        do throws(ChannelError) { return try ring.poll() } catch { throw .channel(error) }
    }

    @inline(never)
    private mutating func awaitPatiently() throws(CellFailure) -> Verdict {
        let started = monotonicNanoseconds()
        while true {
            for _ in 0..<64 {
                if let verdict = try poll() { return verdict }
                pause()
            }
            let waited = monotonicNanoseconds() - started
            guard waited < limits.deadlineNanoseconds else {
                throw .deadlineExceeded(nanoseconds: limits.deadlineNanoseconds, stop())
            }
            guard waited >= limits.spinNanoseconds else { continue }
            // The counter is read before the epoch is raised and the ring looked at again: a cell that rings in
            // between changes the counter, and the sleep returns at once.
            let seen = report.wakeCounter
            parkEpoch &+= 1
            memory.storeRelease32(HostWords.parkEpoch, parkEpoch)
            fence()
            if let verdict = try poll() { return verdict }
            try checkAlive()
            sleep(seen, atMost: min(limits.deadlineNanoseconds - waited, 2_000_000))
        }
    }

    private func sleep(_ seen: UInt32, atMost nanoseconds: UInt64) {
        _ = clinux_futex_wait(report.memory.hostAddress(of: MonitorWords.wakeCounter), seen, max(nanoseconds, 1))
    }

    private func checkAlive() throws(CellFailure) {
        if report.status == MonitorWords.Status.ended { throw .ended(report.end()) }
        if process.isGone(within: 0) {
            // The report may have come between the two looks.
            if report.status == MonitorWords.Status.ended { throw .ended(report.end()) }
            throw .processDied(process.end())
        }
    }

    /// Takes the cell off the processor, wherever it is, and says where that was; nil where its process had to be killed.
    package mutating func stop() -> CellEnd? {
        memory.storeRelease32(HostWords.stopGeneration, run)
        wakeCell()
        let started = monotonicNanoseconds()
        while report.status != MonitorWords.Status.ended {
            let seen = report.wakeCounter
            process.signalStop()
            if report.status == MonitorWords.Status.ended { break }
            guard monotonicNanoseconds() - started < limits.stopNanoseconds, !process.isGone(within: 0) else {
                process.kill()
                return nil
            }
            sleep(seen, atMost: 1_000_000)
        }
        return report.end()
    }

    /// Kills the process and waits until it is gone, so that nothing writes to the maps any more.
    package func end() {
        process.kill()
        while !process.isGone(within: 1000) {}
    }

    /// Runs a stopped cell again from its entry, with nothing left of what it was: registers, private memory, channel.
    package mutating func reset() throws(CellFailure) {
        guard case .stopped = report.end(), report.status == MonitorWords.Status.ended else {
            throw .ended(report.end())
        }
        run &+= 1
        ring = EventRing(memory: memory, boot: boot)
        log = LogReader(memory: memory, boot: boot)
        report.memory.storeRelease32(MonitorWords.status, MonitorWords.Status.starting)
        memory.storeRelease32(HostWords.order, run)
        _ = clinux_futex_wake(memory.hostAddress(of: HostWords.order))
        try waitUntilRunning()
    }

    /// What the process obtained of its confinement, as it said before its cell first ran; nil where that makes no sense.
    package private(set) var confinement: ConfinementReport?
}
