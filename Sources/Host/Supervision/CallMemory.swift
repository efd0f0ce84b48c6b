internal import CLinux

/// What arguments of system calls point to, as far as it is for the kernel to read (include/linux/syscalls.h): what a program that is told of a call
/// may want to read, and is copied with the event. What is not here a program finds unmapped.
enum CallMemory {
    /// What an argument, counted from 0, points to.
    enum Pointed {
        case text(Int)
        /// Pointers to texts, up to a null.
        case texts(Int)
        /// As many bytes as another argument says.
        case bytes(Int, countedBy: Int)
        case structure(Int, size: Int)
    }

    /// A part of memory as it was copied.
    typealias Part = (address: UInt64, bytes: [UInt8])

    /// So much of a text, and so many of a list.
    private static let textLimit = 4096
    private static let textOfListLimit = 256
    private static let listLimit = 20
    private static let bytesLimit = 1024
    /// Behind a shorter text, since a program may copy as much as it has room for.
    private static let leastText = 256

    /// What a call that begins has in memory.
    static func parts(of call: Int32, _ arguments: [UInt64], thread: UInt32) -> [Part] {
        copy(atEntry[call] ?? [], arguments, count: nil, thread: thread)
    }

    /// What a call that ended has put there.
    static func parts(after call: Int32, _ arguments: [UInt64], result: Int64, thread: UInt32) -> [Part] {
        guard result > 0, let argument = filledAtEnd[call] else { return [] }
        return copy([.bytes(argument, countedBy: argument)], arguments, count: UInt64(result), thread: thread)
    }

    private static func copy(_ pointed: [Pointed], _ arguments: [UInt64], count: UInt64?, thread: UInt32) -> [Part] {
        var memory = ForeignMemory(of: thread)
        var parts: [Part] = []
        func add(_ address: UInt64, _ bytes: [UInt8]) { if !bytes.isEmpty { parts.append((address, bytes)) } }
        func text(at address: UInt64, limit: Int) -> [UInt8] {
            let bytes = memory.start(at: address, limit: limit)
            guard let end = bytes.firstIndex(of: 0) else { return bytes }
            return Array(bytes.prefix(max(end + 1, leastText)))
        }
        for what in pointed {
            switch what {
            case .text(let index): add(arguments[index], text(at: arguments[index], limit: textLimit))
            case .texts(let index):
                let list = memory.start(at: arguments[index], limit: listLimit * 8)
                add(arguments[index], list)
                for place in stride(from: 0, to: list.count - 7, by: 8) {
                    let address = ForeignBytes.word(list, place)
                    guard address != 0 else { break }
                    add(address, text(at: address, limit: textOfListLimit))
                }
            case .bytes(let index, let counter):
                let claimed = min(count ?? arguments[counter], UInt64(bytesLimit))
                add(arguments[index], memory.start(at: arguments[index], limit: Int(claimed)))
            case .structure(let index, let size):
                add(arguments[index], memory.start(at: arguments[index], limit: size))
            }
        }
        return parts
    }

    /// Calls whose result says how many bytes are where an argument points.
    private static let filledAtEnd: [Int32: Int] = [
        0: 1, 17: 1, 45: 1,  // read, pread64, recvfrom
        79: 0, 89: 1, 267: 2,  // getcwd, readlink, readlinkat
        318: 0,  // getrandom
    ]

    private static let atEntry: [Int32: [Pointed]] = {
        var table: [Int32: [Pointed]] = [
            1: [.bytes(1, countedBy: 2)], 18: [.bytes(1, countedBy: 2)],  // write, pwrite64
            35: [.structure(0, size: 16)], 230: [.structure(2, size: 16)],  // nanosleep, clock_nanosleep
            42: [.bytes(1, countedBy: 2)], 49: [.bytes(1, countedBy: 2)],  // connect, bind
            44: [.bytes(1, countedBy: 2), .bytes(4, countedBy: 5)],  // sendto
            54: [.bytes(3, countedBy: 4)],  // setsockopt
            59: [.text(0), .texts(1)], 322: [.text(1), .texts(2)],  // execve, execveat
            437: [.text(1), .structure(2, size: 24)],  // openat2
        ]
        // By the arguments that are texts.
        let texts: [([Int], [Int32])] = [
            // open, stat, lstat, access, truncate, chdir, mkdir, rmdir, creat, unlink, readlink, chmod, chown, lchown, utime, mknod, uselib, statfs,
            // chroot, acct, umount2, swapon, swapoff, delete_module, listxattr, llistxattr, utimes, mq_open, mq_unlink, memfd_create, fsopen
            (
                [0],
                [
                    2, 4, 6, 21, 76, 80, 83, 84, 85, 87, 89, 90, 92, 94, 132, 133, 134, 137, 161, 163, 166, 167, 168,
                    176,
                    194, 195, 235, 240, 241, 319, 430,
                ]
            ),
            // quotactl, fsetxattr, fgetxattr, fremovexattr, inotify_add_watch, openat, mkdirat, mknodat, fchownat, futimesat, newfstatat, unlinkat,
            // readlinkat, fchmodat, faccessat, utimensat, name_to_handle_at, finit_module, statx, open_tree, fspick, faccessat2, mount_setattr
            (
                [1],
                [
                    179, 190, 193, 199, 254, 257, 258, 259, 260, 261, 262, 263, 267, 268, 269, 280, 303, 313, 332, 428,
                    433,
                    439, 442,
                ]
            ),
            // init_module
            ([2], [175]),
            // rename, link, symlink, pivot_root, setxattr, lsetxattr, getxattr, lgetxattr, removexattr, lremovexattr, add_key
            ([0, 1], [82, 86, 88, 155, 188, 189, 191, 192, 197, 198, 248]),
            // symlinkat; mount, request_key
            ([0, 2], [266]), ([0, 1, 2], [165, 249]),
            // renameat, linkat, renameat2, move_mount
            ([1, 3], [264, 265, 316, 429]),
        ]
        for (arguments, calls) in texts {
            for call in calls { table[call] = arguments.map { .text($0) } }
        }
        return table
    }()
}
