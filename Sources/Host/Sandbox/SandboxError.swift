package import Bytecode
package import Channel
package import Enclosure
package import Linux
package import Maps
package import PolicyCore
package import ProgramPackage
package import Virtualization

/// Why a program does not run.
package enum SandboxError: Error, Sendable {
    /// The object's file cannot be read.
    case file(path: String, SystemError)
    case enclosure(EnclosureError)
    /// The admission jail's package does not hold together: the jail was taken over, or is broken.
    case package(PackageError)
    /// The verification jail's answer does not hold together, or is not of what was asked.
    case verification(VerificationError)
    case noSuchProgram(wanted: String, available: [String])
    /// The object has several programs, and none was named.
    case ambiguousProgram(available: [String])
    /// The object has the program, and admission could not link it.
    case programOmitted(program: String, reason: String)
    /// The code has the layout of another kernel's types, and there are none here to make it fit.
    case needsRelocation(program: String, types: [String])
    case decode(program: String, DecodeError)
    /// A program is to go on in one of another type.
    case typesDiffer(program: String, section: String, other: String, otherSection: String)
    case facts(program: String, ProgramFactsError)
    /// The section name is that of no program type that events are delivered to.
    case unsupportedSection(program: String, section: String)
    /// The program is proven to be safe, and calls what exists in a kernel only: it would fail at each event.
    case helpersNotOffered(program: String, helpers: [MissingHelper])
    case map(name: String, MapError)
    case mapAccess(name: String, MapAccessError)
    /// The directory that keeps maps between runs.
    case mapDirectory(MapDirectoryError)
    case mapsTooLarge(bytes: UInt64, limit: UInt64)
    case noSuchMap(wanted: String, available: [String])
    /// A slot of an array of programs that the map does not have, or has not because it is no such array.
    case noSuchSlot(map: String, index: UInt32, entries: UInt32)
    /// A key of a map of devices that is none of it, or has no room any more, or that the map has not because it is of another kind.
    case noSuchDeviceSlot(map: String, key: UInt32, entries: UInt32)
    /// A packet that no event slot holds.
    case payloadTooLarge(bytes: Int, limit: Int)
    case geometry(ChannelGeometry.GeometryError)
    case region(ProgramRegion.RegionError)
    case denied(Decision)
    /// The leave to start was used before, or is for something else.
    case ticket(TicketError)
    /// A decision about another program than the one it is for.
    case foreignDecision(program: String)
    /// The spawner starts cells in another enclosure than the one that was decided.
    case wrongEnclosure(decided: Tier)
    /// A program of which not all is proven that machine code relies on.
    case notProven(program: String, tier: Tier)
    /// The answer of the compilation jail is not what it claims to be.
    case compiled(CompiledProgramError)
    /// Code that was not compiled for this program in this mode, or none where the tier runs code.
    case foreignCode(tier: Tier)
    /// The image of this build does not say where its entries are.
    case image(ImageLayout.LayoutError)
    case system(SystemError)
    /// The cell came up again and again and served nothing.
    case quarantined(failures: Int, last: CellFailure)
}

/// A helper that a program calls, and that no cell has.
package struct MissingHelper: Equatable, Sendable {
    package let name: String
    /// What it would need; nil for a number that is no helper's.
    package let reason: String?

    package init(name: String, reason: String?) {
        self.name = name
        self.reason = reason
    }
}
