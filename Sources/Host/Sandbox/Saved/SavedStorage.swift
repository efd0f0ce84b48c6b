internal import Channel
internal import Linux
internal import Maps
internal import ProgramPackage

/// The storage of saved maps, mapped: a file of a ``MapDirectory`` at the place where cells have their maps.
struct SavedStorage: ~Copyable {
    let file: MemoryFile
    let window: Window
    let memory: CellMemory
    /// Whether the lock of the file is this process's, so that no cell can have it.
    let isAlone: Bool

    /// A process that is being started has whatever its parent had open, until it is what it is to be. That is no user of the map, and it
    /// is soon over; a sandbox that has the map has it for longer.
    private static let startingMilliseconds = 20

    init(_ number: UInt64, in directory: MapDirectory) throws(SandboxError) {
        try self.init(directory.openStorage(number))
    }

    init(_ file: consuming MemoryFile) throws(SandboxError) {
        let size = file.size
        guard size > 0, size <= AddressMap.mapsCapacity, size % AddressMap.pageSize == 0 else {
            throw .mapDirectory(.tooLarge(bytes: size, limit: AddressMap.mapsCapacity))
        }
        let isAlone = try systemCalls { () throws(SystemError) in
            try FileLock.isTaken(file.descriptor, within: Self.startingMilliseconds)
        }
        let window = try Self.window(of: file)
        self.isAlone = isAlone
        // SAFETY: the window maps the whole file, and this value, or who takes its parts, keeps it.
        memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        self.window = window
        self.file = file
    }

    private static func window(of file: borrowing MemoryFile) throws(SandboxError) -> Window {
        do throws(SystemError) {
            let window = try Window(size: AddressMap.windowSize)
            try window.map(file.descriptor, at: AddressMap.maps, size: file.size, writable: true)
            return window
        } catch { throw .system(error) }
    }

    /// The map that an entry of the manifest describes, if it lies in this file as a whole.
    func map(_ entry: MapManifest.Entry, user: MapUser) throws(SandboxError) -> Map {
        let name = entry.definition.name
        let layout = try MapPlan.layout(of: entry.definition, lanes: entry.lanes, limit: AddressMap.mapsCapacity)
        guard entry.offset % AddressMap.pageSize == 0, entry.offset <= file.size,
            layout.size <= file.size - entry.offset
        else {
            throw .mapDirectory(
                .misplaced(map: name, offset: entry.offset, size: layout.size, fileSize: file.size))
        }
        do throws(MapError) {
            let descriptor = try layout.descriptor(
                storageAt: AddressMap.maps + entry.offset, seed: MapSeed(low: entry.seedLow, high: entry.seedHigh))
            return Map(memory: memory, descriptor: descriptor, user: user)
        } catch { throw .map(name: name, error) }
    }
}

/// Where the maps of a sandbox lie, planned and checked before there is any memory of them.
struct MapPlan {
    let layouts: [MapLayout]
    /// Addresses of the cell.
    let starts: [UInt64]
    /// Bytes of the file that holds all of them.
    let size: UInt64

    init(_ definitions: [MapDefinition], lanes: UInt32) throws(SandboxError) {
        var layouts: [MapLayout] = []
        var starts: [UInt64] = []
        var end = AddressMap.maps
        for definition in definitions {
            let layout = try Self.layout(
                of: definition, lanes: lanes, limit: AddressMap.maps + AddressMap.mapsCapacity - end)
            layouts.append(layout)
            starts.append(end)
            end += roundedToPage(layout.size)
            guard end - AddressMap.maps <= AddressMap.mapsCapacity else {
                throw .mapsTooLarge(bytes: end - AddressMap.maps, limit: AddressMap.mapsCapacity)
            }
        }
        self.layouts = layouts
        self.starts = starts
        size = max(end - AddressMap.maps, AddressMap.pageSize)
    }

    static func layout(
        of definition: MapDefinition, lanes: UInt32, limit: UInt64
    ) throws(SandboxError) -> MapLayout {
        // Nothing names a template, so what lies in its place is the least that there can be.
        if definition.isTemplate {
            return try layout(
                of: MapDefinition(
                    name: definition.name, type: MapKind.array.rawValue, keySize: 4, valueSize: 1, maximumEntries: 1),
                lanes: lanes, limit: limit)
        }
        let readOnly: UInt32 = definition.isReadOnly ? MapFlags.readOnlyForProgram.rawValue : 0
        do throws(MapError) {
            return try MapLayout.plan(
                type: definition.type, keySize: definition.keySize, valueSize: definition.valueSize,
                maximumEntries: definition.maximumEntries, flags: definition.flags | readOnly,
                extra: definition.extra, lanes: lanes, storageLimit: limit)
        } catch { throw .map(name: definition.name, error) }
    }
}
