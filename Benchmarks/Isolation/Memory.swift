internal import Foundation

/// Bytes that only this process has (`smaps_rollup`); nil where the kernel shows them to root alone.
func unsharedMemory(of process: Int32) -> UInt64? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/smaps_rollup"), !data.isEmpty else {
        return nil
    }
    let kibibytes = String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line -> UInt64? in
        let words = line.split(separator: " ")
        guard words.count == 3, ["Private_Clean:", "Private_Dirty:", "Private_Hugetlb:"].contains(words[0]) else {
            return nil
        }
        return UInt64(words[1])
    }
    return kibibytes.reduce(0, +) * 1024
}
