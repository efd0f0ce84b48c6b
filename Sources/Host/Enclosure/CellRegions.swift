package import Channel
package import Linux

/// The program region and the image of a cell, sealed; every cell of the same program maps the same files.
package struct CellProgramFile: ~Copyable {
    package let image: MemoryFile
    package let program: MemoryFile
    /// Bytes of the program region.
    package let size: UInt64
    package let boot: BootRecord
    /// The program as machine code, whole pages, sealed; nil where it is interpreted.
    package let code: MemoryFile?

    package init(
        image: consuming MemoryFile, program: consuming MemoryFile, size: UInt64, boot: BootRecord,
        code: consuming MemoryFile? = nil
    ) {
        self.image = image
        self.program = program
        self.size = size
        self.boot = boot
        self.code = code
    }

    var codeSize: UInt64 {
        switch code {
        case .some(let file): file.size
        case nil: 0
        }
    }

    var codeDescriptor: Int32? {
        switch code {
        case .some(let file): file.descriptor.rawValue
        case nil: nil
        }
    }
}

/// Runs system calls on behalf of an enclosure.
func enclosing<T: ~Copyable>(_ calls: () throws(SystemError) -> T) throws(EnclosureError) -> T {
    do throws(SystemError) { return try calls() } catch { throw .system(error) }
}

/// A memory file that keeps its size, so that no mapping of it can fault.
private func sized(_ name: StaticString, _ size: UInt64) throws(EnclosureError) -> MemoryFile {
    try enclosing { () throws(SystemError) in
        let file = try MemoryFile(name: name, size: size)
        try file.sealSize()
        return file
    }
}

/// The memory that one cell shares with the broker: the words of either side and the channel.
struct CellRegions: ~Copyable {
    private let window: Window
    private let reportWindow: Window
    private let hostWords: MemoryFile
    private let channel: MemoryFile
    private let page: MemoryFile

    init(channelSize: UInt64) throws(EnclosureError) {
        let hostWords = try sized("host-words", AddressMap.hostWordsSize)
        let channel = try sized("channel", channelSize)
        let page = try sized("monitor-words", MonitorWords.size)
        let window = try enclosing { () throws(SystemError) in try Window(size: AddressMap.windowSize) }
        let reportWindow = try enclosing { () throws(SystemError) in try Window(size: MonitorWords.size) }
        try enclosing { () throws(SystemError) in
            try window.map(hostWords.descriptor, at: AddressMap.hostWords, size: hostWords.size, writable: true)
            try window.map(channel.descriptor, at: AddressMap.channel, size: channel.size, writable: true)
            try reportWindow.map(page.descriptor, at: 0, size: page.size, writable: true)
        }
        self.hostWords = hostWords
        self.channel = channel
        self.page = page
        self.window = window
        self.reportWindow = reportWindow
    }

    var memory: CellMemory {
        // SAFETY: whoever holds this keeps the regions, which map what the broker reads and writes through it.
        unsafe CellMemory(unsafeBase: UInt(window.base))
    }

    var report: MonitorReport {
        // SAFETY: as above, for the monitor words, which start at offset 0 of their own window.
        MonitorReport(memory: unsafe CellMemory(unsafeBase: UInt(reportWindow.base)))
    }

    func message(for program: borrowing CellProgramFile, maps: borrowing MemoryFile) -> JailMessage {
        var message = JailMessage(.startCell)
        message.programSize = program.size
        message.channelSize = channel.size
        message.mapsSize = maps.size
        message.codeSize = program.codeSize
        return message
    }

    func descriptors(for program: borrowing CellProgramFile, maps: borrowing MemoryFile) -> [Int32] {
        let all = [
            program.image.descriptor.rawValue, program.program.descriptor.rawValue, hostWords.descriptor.rawValue,
            channel.descriptor.rawValue, page.descriptor.rawValue, maps.descriptor.rawValue,
        ]
        guard let code = program.codeDescriptor else { return all }
        return all + [code]
    }
}

/// The other end of ``CellRegions/descriptors(for:maps:)``: the files of a cell, in the process that is to make it.
struct CellDescriptors: ~Copyable {
    let image: FileDescriptor
    let program: FileDescriptor
    let hostWords: FileDescriptor
    let channel: FileDescriptor
    let report: FileDescriptor
    let maps: FileDescriptor
    let code: FileDescriptor?

    /// How many there may be.
    static let counts = 6...7

    init(_ received: [Int32]) {
        image = FileDescriptor(owning: received[0])
        program = FileDescriptor(owning: received[1])
        hostWords = FileDescriptor(owning: received[2])
        channel = FileDescriptor(owning: received[3])
        report = FileDescriptor(owning: received[4])
        maps = FileDescriptor(owning: received[5])
        code = received.count > 6 ? FileDescriptor(owning: received[6]) : nil
    }
}
