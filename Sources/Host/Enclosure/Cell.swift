internal import CLinux
package import Channel
package import Linux

/// Why a cell can serve no more events. It is destroyed; its maps are not its own, and stay.
package enum CellFailure: Error, Equatable, Sendable {
    /// The monitor took it off the processor.
    case ended(CellEnd)
    /// It wrote what no sound image writes.
    case channel(ChannelError)
    /// No verdict in time; where it was, if its monitor could still say.
    case deadlineExceeded(nanoseconds: UInt64, CellEnd?)
    /// Its monitor is gone without a report: killed by a signal or by its own filter; status as waitpid(2) gives it.
    case monitorDied(status: Int32)
    /// The image and this broker were not built from the same declarations.
    case refusedBootRecord
}

/// What a cell is made of, all of it the broker's.
package struct CellResources: ~Copyable {
    package let image: MemoryFile
    package let program: MemoryFile
    package let programSize: UInt64
    package let boot: BootRecord

    package init(image: consuming MemoryFile, program: consuming MemoryFile, programSize: UInt64, boot: BootRecord) {
        self.image = image
        self.program = program
        self.programSize = programSize
        self.boot = boot
    }
}

/// How long the broker waits, and how.
package struct WaitLimits: Equatable, Sendable {
    /// Polls before the broker sleeps; about as long as a wake takes.
    package var spinNanoseconds: UInt64 = 50_000
    /// From submission to verdict.
    package var deadlineNanoseconds: UInt64 = 1_000_000_000
    /// What a stopped monitor has to report in, before it is killed.
    package var stopNanoseconds: UInt64 = 100_000_000

    package init() {}
}

/// The broker's side of one running cell. When this value goes, the monitor is killed.
package struct Cell: ~Copyable {
    private let window: Window
    private let memory: CellMemory
    private let reportWindow: Window
    private let report: MonitorReport
    private let process: JailedProcess
    private let boot: BootRecord
    private let limits: WaitLimits
    package var ring: EventRing
    package var log: LogReader
    private var parkEpoch: UInt32 = 0
    private var generation: UInt32 = 1

    /// Starts a monitor and returns at once; ``waitUntilRunning()`` says whether the cell came up.
    ///
    /// - Parameters:
    ///   - maps: the file that holds the maps' memory, and its size.
    package init(
        in jail: Jail, _ resources: borrowing CellResources, maps: borrowing MemoryFile?, limits: WaitLimits
    ) throws(EnclosureError) {
        boot = resources.boot
        self.limits = limits
        let geometry = resources.boot.geometry
        do throws(SystemError) {
            let hostWords = try MemoryFile(name: "host-words", size: AddressMap.hostWordsSize)
            let channel = try MemoryFile(name: "channel", size: roundedToPage(geometry.size))
            let page = try MemoryFile(name: "monitor-words", size: MonitorWords.size)
            try hostWords.sealSize()
            try channel.sealSize()
            try page.sealSize()
            window = try Window(size: AddressMap.windowSize)
            try window.map(hostWords.descriptor, at: AddressMap.hostWords, size: hostWords.size, writable: true)
            try window.map(channel.descriptor, at: AddressMap.channel, size: channel.size, writable: true)
            reportWindow = try Window(size: MonitorWords.size)
            try reportWindow.map(page.descriptor, at: 0, size: MonitorWords.size, writable: true)
            // SAFETY (both): what is read and written through them was mapped just above and stays until deinit.
            memory = unsafe CellMemory(unsafeBase: UInt(window.base))
            report = MonitorReport(memory: unsafe CellMemory(unsafeBase: UInt(reportWindow.base)))
            memory.storeRelaxed32(HostWords.order, 1)
            ring = EventRing(memory: memory, boot: boot)
            log = LogReader(memory: memory, boot: boot)

            var message = JailMessage(.startCell)
            message.programSize = resources.programSize
            message.channelSize = channel.size
            var descriptors = [
                resources.image.descriptor.rawValue, resources.program.descriptor.rawValue,
                hostWords.descriptor.rawValue, channel.descriptor.rawValue, page.descriptor.rawValue,
            ]
            if maps != nil {
                message.mapsSize = maps!.size
                descriptors.append(maps!.descriptor.rawValue)
            }
            do throws(EnclosureError) { process = try jail.start(message, descriptors) } catch { throw error }
        } catch { throw .system(error) }
    }
}
