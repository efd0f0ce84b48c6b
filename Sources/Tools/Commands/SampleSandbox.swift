internal import Bytecode
internal import CellImage
internal import Channel
internal import Confinement
internal import Enclosure
internal import Linux
internal import PolicyCore

/// A cell in every enclosure that this host has, running a program of two instructions, so that there are processes to look at.
enum SampleSandbox {
    struct Processes {
        /// What each may do; this process, which becomes their broker, is the first.
        var reports: [ProcessReport] = []
        /// What did not come up, and why.
        var problems: [String] = []
    }

    static func processes() -> Processes {
        var processes = Processes()
        do {
            let broker = try Broker(cells: [.guest, .child])
            processes.reports = broker.processes
            if let problem = broker.childProblem { processes.problems.append("child: \(problem)") }
            for jail in [broker.jail] + (broker.children.map { [$0] } ?? []) where jail.startsCells {
                do { processes.reports.append(try cell(in: jail)) } catch {
                    processes.problems.append("a cell in a \(jail.kind): \(error)")
                }
            }
        } catch { processes.problems.append("\(error)") }
        return processes
    }

    private static func cell(in jail: Jail) throws -> ProcessReport {
        let geometry = try ChannelGeometry(slotCountShift: 0, slotSizeShift: 12, logCountShift: 0)
        let boot = BootRecord(geometry: geometry, entryConvention: .context, helperProfile: .linux)
        let code = try Instruction.decode([
            Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: 2),
            Slot(opcode: 0x95, destination: 0, source: 0, offset: 0, immediate: 0),
        ])
        let size = try ProgramRegion.size(instructions: code.count, maps: 0, descriptorSize: 0)
        let region = try MemoryFile(name: "program", size: size)
        let written = try write(code, boot, to: region, size: size)
        try region.seal()
        let file = CellProgramFile(
            image: try MemoryFile.sealed(name: "image", CellImage.bytes), program: region, size: size, boot: written)
        let maps = try MemoryFile(name: "maps", size: AddressMap.pageSize)
        var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
        defer { cell.end() }
        try cell.waitUntilRunning()
        return ProcessReport(
            jail.kind == .child ? .child : .monitor, process: cell.processID, cell.confinement)
    }

    private static func write(
        _ code: [Instruction], _ boot: BootRecord, to region: borrowing MemoryFile, size: UInt64
    ) throws(SystemError) -> BootRecord {
        let window = try Window(size: AddressMap.windowSize)
        try window.map(region.descriptor, at: AddressMap.program, size: size, writable: true)
        // SAFETY: the window maps the whole program region, and nothing else is touched through it.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        return ProgramRegion.write(code, mapCount: 0, descriptorSize: 0, boot: boot, to: memory) { _ in }
    }
}
