/// What an open descriptor is, from the text that /proc/<pid>/fd/<n> links to.
package enum DescriptorClass: Equatable, Hashable, Sendable, CustomStringConvertible {
    case kvm
    case kvmMachine
    case kvmProcessor
    case memoryFile(name: String)
    case socket
    case pipe
    case processDescriptor
    case eventDescriptor
    /// Another kind that has no path, by the kernel's name for it.
    case anonymous(String)
    case null
    case terminal(String)
    case device(String)
    case file(String)
    /// A link that is in none of the forms of proc(5).
    case unknown(String)

    package init(link: String) {
        let name = link.hasSuffix(" (deleted)") ? String(link.dropLast(10)) : link
        self =
            switch name {
            case "/dev/kvm": .kvm
            case "/dev/null": .null
            case "anon_inode:kvm-vm": .kvmMachine
            case "anon_inode:[pidfd]": .processDescriptor
            case "anon_inode:[eventfd]": .eventDescriptor
            case _ where name.hasPrefix("anon_inode:kvm-vcpu:"): .kvmProcessor
            case _ where name.hasPrefix("anon_inode:"): .anonymous(String(name.dropFirst(11)))
            case _ where name.hasPrefix("pidfd:"): .processDescriptor
            case _ where name.hasPrefix("socket:["): .socket
            case _ where name.hasPrefix("pipe:["): .pipe
            // A file of the root directory could have such a name too, but only a memory file is "deleted" with it
            // here.
            case _ where name.hasPrefix("/memfd:"): .memoryFile(name: String(name.dropFirst(7)))
            case _ where name.hasPrefix("/dev/pts/") || name == "/dev/tty": .terminal(name)
            case _ where name.hasPrefix("/dev/") && !name.hasPrefix("/dev/shm/"): .device(name)
            case _ where name.hasPrefix("/"): .file(name)
            default: .unknown(name)
            }
    }

    package var description: String {
        switch self {
        case .kvm: "kvm"
        case .kvmMachine: "kvm-vm"
        case .kvmProcessor: "kvm-vcpu"
        case .memoryFile(let name): "memfd \(name)"
        case .socket: "socket"
        case .pipe: "pipe"
        case .processDescriptor: "pidfd"
        case .eventDescriptor: "eventfd"
        case .anonymous(let name): name
        case .null: "null"
        case .terminal(let path): "terminal \(path)"
        case .device(let path): "device \(path)"
        case .file(let path): "file \(path)"
        case .unknown(let link): "unknown \(link)"
        }
    }
}
