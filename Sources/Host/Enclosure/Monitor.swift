internal import CLinux
internal import Channel
internal import Confinement
internal import Linux
internal import Virtualization

/// The process of one cell: makes the machine, locks itself down, and then does little but KVM_RUN.
///
/// It maps the regions that the broker handed over, code read-only, and nothing of them executable. After the lock-down it
/// neither allocates nor makes any call that its filter does not list.
enum Monitor {
    /// - Parameter socket: where the cell to make arrives; nothing is sent over it, and it closes with the lock-down.
    static func run(socket: Int32, _ plan: ConfinementPlan) -> Int32 {
        do {
            // What takes time and needs nothing of the cell happens before the cell is known.
            var confinement = Confinement(plan)
            try confinement.prepare(keeping: [socket, Spawner.hypervisorDescriptor])
            let ground = try Ground()
            let orders = JailSocket(descriptor: FileDescriptor(owning: socket))
            guard let order = try orders.receive() else { return 0 }
            guard order.message.kind == .startCell, CellDescriptors.counts.contains(order.descriptors.count) else {
                return 4
            }
            return serve(order.message, CellDescriptors(order.descriptors), ground, confinement)
        } catch {
            Spawner.report("a monitor ends before it had a cell: \(error)")
            return 4
        }
    }

    private static func serve(
        _ message: JailMessage, _ files: consuming CellDescriptors, _ ground: consuming Ground,
        _ confinement: consuming Confinement
    ) -> Int32 {
        let reportAddress = clinux_map(MonitorWords.size, 1, files.report.rawValue)
        guard reportAddress > 0 else { return 4 }
        // SAFETY: the monitor words are mapped there, writable, for the life of this process.
        let report = MonitorReport(memory: unsafe CellMemory(unsafeBase: UInt(reportAddress)))
        do {
            var cell = try MonitoredCell(message, files, on: ground, report: report)
            let confined = try confinement.lockDown()
            report.publish(confined.report)
            cell.serve()
            return 0
        } catch {
            report.publish(error, of: "a monitor")
        }
        report.wakeBroker()
        return 4
    }
}

/// What a monitor has before it knows its cell: a window with little in it, and a machine over the window.
private struct Ground: ~Copyable {
    let window: Window
    let machine: EmptyMachine

    init() throws {
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.pageTables, size: AddressMap.pageTablesCapacity)
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        let hypervisor = try Hypervisor(owning: FileDescriptor(owning: Spawner.hypervisorDescriptor))
        machine = try EmptyMachine(
            on: hypervisor, window: window, processorDescriptor: JailPlans.processorDescriptor)
        self.window = window
    }
}

/// A machine with its memory, and the loop that runs it.
private struct MonitoredCell: ~Copyable {
    private let window: Window
    private var machine: CellMachine
    private let memory: CellMemory
    let report: MonitorReport
    private var doorbells: UInt64 = 0
    private var exits: UInt64 = 0
    private var runs: UInt64 = 0
    private let firstWakeGeneration: UInt32
    private let firstParkEpoch: UInt32

    init(
        _ message: JailMessage, _ files: borrowing CellDescriptors, on ground: consuming Ground, report: MonitorReport
    ) throws {
        let layout = try ImageLayout(
            header: read(files.image, count: ImageLayout.headerSize, at: 0), fileSize: UInt64(fileSize(files.image)))
        let window = ground.window
        try window.map(files.image, at: AddressMap.image, size: layout.size, writable: false)
        try window.map(files.program, at: AddressMap.program, size: message.programSize, writable: false)
        switch files.code {
        case .some(let code): try window.map(code, at: AddressMap.code, size: message.codeSize, writable: false)
        case nil: break
        }
        try window.map(files.hostWords, at: AddressMap.hostWords, size: AddressMap.hostWordsSize, writable: false)
        try window.map(files.channel, at: AddressMap.channel, size: message.channelSize, writable: true)
        try window.map(files.maps, at: AddressMap.maps, size: message.mapsSize, writable: true)
        // SAFETY: the program region is mapped, and only that is read through this.
        let described = unsafe CellMemory(unsafeBase: UInt(window.base))
        try window.mirror(
            RingMirror.all(describedIn: described, programSize: message.programSize, mapsSize: message.mapsSize),
            of: files.maps)
        let machine = try CellMachine(
            of: ground.machine, window: window, image: layout, programSize: message.programSize,
            codeSize: message.codeSize, channelSize: message.channelSize, mapsSize: message.mapsSize)
        // SAFETY: the regions that this process reads through it were mapped just above.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        // SAFETY: the flag lies in the `kvm_run` mapping, which lives as long as this process serves.
        _ = try checked("sigaction", Int(unsafe clinux_stop_signal_sets(machine.vcpu.immediateExit)))
        self.machine = machine
        self.memory = memory
        self.window = window
        self.report = report
        firstWakeGeneration = memory.loadAcquire32(HostWords.wakeGeneration)
        firstParkEpoch = memory.loadAcquire32(HostWords.parkEpoch)
    }

    /// Runs the cell, generation after generation, until it ends in a way that nothing follows.
    mutating func serve() {
        var generation = memory.loadAcquire32(HostWords.order)
        while true {
            runs &+= 1
            report.memory.storeRelease32(MonitorWords.status, MonitorWords.Status.running)
            report.wakeBroker()
            let mayRunAgain = runUntilEnd(generation)
            report.wakeBroker()
            guard mayRunAgain else { return }
            let ended = monotonicNanoseconds()
            while memory.loadAcquire32(HostWords.order) == generation {
                // A cell is mostly stopped to be run again: about as long as a wake takes is spent looking for the order.
                if monotonicNanoseconds() - ended < 50_000 {
                    pause()
                    continue
                }
                _ = clinux_futex_wait(window.base + HostWords.order, generation, 0)
            }
            generation = memory.loadAcquire32(HostWords.order)
            memory.zero(AddressMap.privateMemory, count: Int(AddressMap.privateSize))
            do { try machine.reset() } catch {
                report.publish(.machine, fault: nil)
                report.wakeBroker()
                return
            }
        }
    }

    /// - Returns: whether the end was one that a sound cell may have, so that the machine may be used again.
    private mutating func runUntilEnd(_ generation: UInt32) -> Bool {
        while true {
            let exit = machine.vcpu.enter()
            exits &+= 1
            report.memory.storeRelaxed64(MonitorWords.exits, exits)
            switch exit {
            case .memoryMappedIO(address: Doorbell.park, let value, length: 4, isWrite: true):
                guard countDoorbell() else { return false }
                waitUntilWoken(UInt32(truncatingIfNeeded: value), generation)
                // Run again until the signal comes, a sound image would park once more each time, and be taken for a storm.
                if memory.loadAcquire32(HostWords.stopGeneration) == generation {
                    machine.vcpu.completeExit()
                    report.publish(.stopped, fault: fault)
                    return true
                }
            case .memoryMappedIO(address: Doorbell.wakeHost, _, length: 4, isWrite: true):
                guard countDoorbell() else { return false }
                report.wakeBroker()
            case .memoryMappedIO(let address, _, _, let isWrite):
                report.publish(isWrite ? .strayWrite : .strayRead, detail: address, fault: fault)
                return false
            case .interrupted:
                machine.vcpu.clearImmediateExit()
                // A signal may come late: only the run that it names is stopped.
                guard memory.loadAcquire32(HostWords.stopGeneration) == generation else { continue }
                report.publish(.stopped, fault: fault)
                return true
            case .shutdown:
                if let fault {
                    report.publish(.fault, fault: fault)
                } else {
                    report.publish(.unexpectedExit, fault: nil)
                }
                return false
            case .portIO(let port): return unexpected(2, UInt64(port))
            case .halt: return unexpected(5, 0)
            case .failedEntry(let reason): return unexpected(9, reason)
            case .internalError(let suberror): return unexpected(17, UInt64(suberror))
            case .memoryFault(let address, _): return unexpected(39, address)
            case .systemEvent(let type): return unexpected(24, UInt64(type))
            case .unknown(let reason): return unexpected(reason, 0)
            case .runFailed(let errno): return unexpected(.max, UInt64(UInt32(bitPattern: errno)))
            }
        }
    }

    private func unexpected(_ reason: UInt32, _ detail: UInt64) -> Bool {
        report.publish(.unexpectedExit, detail: UInt64(reason), detail, fault: fault)
        return false
    }

    private var fault: Fault? { try? machine.vcpu.fault() }

    /// A sound image parks at most once per generation of ``HostWords/wakeGeneration`` and wakes the broker at most once per
    /// epoch of ``HostWords/parkEpoch``, both of which only the broker raises, and once more in each run. Beyond is a storm.
    private mutating func countDoorbell() -> Bool {
        doorbells &+= 1
        let wakes = memory.loadAcquire32(HostWords.wakeGeneration) &- firstWakeGeneration
        let epochs = memory.loadAcquire32(HostWords.parkEpoch) &- firstParkEpoch
        let limit = UInt64(wakes) + UInt64(epochs) + runs
        guard doorbells <= limit else {
            report.publish(.doorbellStorm, detail: doorbells, limit, fault: fault)
            return false
        }
        return true
    }

    private mutating func waitUntilWoken(_ generation: UInt32, _ run: UInt32) {
        while memory.loadAcquire32(HostWords.wakeGeneration) == generation,
            memory.loadAcquire32(HostWords.stopGeneration) != run
        {
            _ = clinux_futex_wait(window.base + HostWords.wakeGeneration, generation, 0)
        }
    }
}

extension MonitorReport {
    /// Monitor or child: what it obtained of its confinement.
    func publish(_ confinement: ConfinementReport) {
        let message = confinement.message
        // SAFETY: the page has room behind the words for a report of fixed size.
        unsafe message.withUnsafeBytes { unsafe memory.copyIn($0, to: MonitorWords.confinementReport) }
    }

    /// Monitor or child: why there will be no cell.
    func publish(_ error: any Error, of process: String) {
        switch error {
        case let error as MachineError:
            let code: Int32 = if case .system(let system) = error { system.code } else { 0 }
            publish(.machine, detail: UInt64(code), fault: nil)
        case let error as SystemError:
            publish(.machine, detail: UInt64(error.code), fault: nil)
        case let error as ConfinementError:
            Spawner.report("\(process) cannot confine itself: \(error)")
            publish(.confinement, fault: nil)
        case let error:
            Spawner.report("\(process) ends: \(error)")
        }
    }

    /// Raises the counter that the broker sleeps on, and wakes it.
    func wakeBroker() {
        _ = memory.fetchAdd32(MonitorWords.wakeCounter, 1)
        _ = clinux_futex_wake(memory.hostAddress(of: MonitorWords.wakeCounter))
    }
}
