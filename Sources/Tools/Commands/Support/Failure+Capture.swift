package import CommandSupport
package import Hooks

extension Failure {
    /// A capture that was refused.
    package init(file: String, _ error: CaptureError) {
        self.init(.badInput, file, at: .offset(error.offset), error.description, remedy: error.remedy)
    }

    /// A packet that could not be written.
    package init(file: String, _ error: CaptureWriteError) {
        self.init(.internalError, file, error.description)
    }
}
