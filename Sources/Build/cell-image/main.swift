import Foundation

// Compiles the image's modules for a machine without an operating system, links them to one flat file, and writes that
// file as a Swift source. Uses nothing but the toolchain's own directory.
//
//   cell-image --script Images/cell.ld --output ImageBytes.swift --swiftc /…/swiftc
//              { --module NAME SOURCE… [--headers DIRECTORY] }…

do {
    try Builder(arguments: Array(CommandLine.arguments.dropFirst())).build()
} catch {
    FileHandle.standardError.write(Data("cell-image: \(error)\n".utf8))
    exit(1)
}
