internal import CCairo

/// A grey or the one accent colour, 0 … 1.
struct Ink: Sendable, Hashable {
    var red: Double, green: Double, blue: Double
    static let black = Ink(red: 0.08, green: 0.08, blue: 0.08)
    static let grey = Ink(red: 0.42, green: 0.42, blue: 0.42)
    static let rule = Ink(red: 0.70, green: 0.70, blue: 0.70)
    static let hair = Ink(red: 0.86, green: 0.86, blue: 0.86)
    static let mark = Ink(red: 0.937, green: 0.937, blue: 0.937)
    static let accent = Ink(red: 0.09, green: 0.24, blue: 0.42)
    static let white = Ink(red: 1, green: 1, blue: 1)
}

/// What stands in the properties of the file.
struct PaperProperties: Sendable, Hashable {
    var title: String, subject: String, author: String, keywords: String
    /// ISO 8601, seconds, `Z`: from the evidence, never from the clock.
    var created: String
}

/// A4 pages of a PDF file, in points (1/72 inch) from the top left corner; the same calls give the same bytes.
final class Paper {
    static let width = 595.276, height = 841.89
    private final class Output { var bytes: [UInt8] = [] }
    private let output = Output()
    private let surface: OpaquePointer
    private let context: OpaquePointer
    let typefaces: Typefaces

    init(_ properties: PaperProperties, _ typefaces: Typefaces) throws {
        self.typefaces = typefaces
        let box = Unmanaged.passUnretained(output).toOpaque()
        guard
            let surface = cairo_pdf_surface_create_for_stream(Self.receive, box, Self.width, Self.height),
            cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let context = cairo_create(surface)
        else { throw PaperError.drawing("no PDF surface") }
        self.surface = surface
        self.context = context
        cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, properties.title)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, properties.subject)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, properties.author)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_KEYWORDS, properties.keywords)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "MeterBench")
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, properties.created)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, properties.created)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// Called by cairo with each piece of the file; a static function because C calls it.
    private static let receive:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt32) -> cairo_status_t = {
            box, data, length in
            guard let box, let data else { return CAIRO_STATUS_WRITE_ERROR }
            let output = Unmanaged<Output>.fromOpaque(box).takeUnretainedValue()
            output.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
            return CAIRO_STATUS_SUCCESS
        }

    /// Draws one page.
    func page(_ draw: (Pen) -> Void) {
        draw(Pen(context, typefaces))
        cairo_show_page(context)
    }

    /// Ends the file and gives its bytes; throws for a character without glyph, or when the library refused.
    func finish() throws -> [UInt8] {
        cairo_surface_finish(surface)
        if let missing = typefaces.missing { throw missing }
        let status = cairo_surface_status(surface)
        guard status == CAIRO_STATUS_SUCCESS, cairo_status(context) == CAIRO_STATUS_SUCCESS else {
            throw PaperError.drawing(String(cString: cairo_status_to_string(status)))
        }
        return output.bytes
    }
}

/// What can be drawn on a page: text, rules, curves and the marks of a plot; y grows downwards.
struct Pen {
    private let context: OpaquePointer
    let typefaces: Typefaces

    init(_ context: OpaquePointer, _ typefaces: Typefaces) {
        self.context = context
        self.typefaces = typefaces
    }

    private func ink(_ ink: Ink) { cairo_set_source_rgb(context, ink.red, ink.green, ink.blue) }

    /// Writes text with its baseline at `y`; `x` is its left end, or its right end where `right` is true.
    func text(
        _ text: String, _ x: Double, _ y: Double, _ face: Face, _ size: Double, _ colour: Ink = .black,
        right: Bool = false
    ) {
        ink(colour)
        let width = typefaces.width(text, face, size)  // also notes characters that the font lacks
        typefaces.choose(face, size, on: context)
        cairo_move_to(context, right ? x - width : x, y)
        cairo_show_text(context, String(text.map { $0 == "\u{A0}" ? " " : $0 }))
        cairo_new_path(context)
    }

    /// Writes text centred on `x`.
    func centred(_ text: String, _ x: Double, _ y: Double, _ face: Face, _ size: Double, _ colour: Ink = .black) {
        self.text(text, x - typefaces.width(text, face, size) / 2, y, face, size, colour)
    }

    /// Writes text turned a quarter to the left, centred on (x, y).
    func upright(_ text: String, _ x: Double, _ y: Double, _ face: Face, _ size: Double, _ colour: Ink = .black) {
        cairo_save(context)
        cairo_translate(context, x, y)
        cairo_rotate(context, -Double.pi / 2)
        centred(text, 0, 0, face, size, colour)
        cairo_restore(context)
    }

    /// A large word across the page, as an outline (not as text, so that reading the page is not disturbed).
    func diagonal(_ word: String, _ face: Face, _ size: Double, _ colour: Ink) {
        cairo_save(context)
        cairo_translate(context, Paper.width / 2, Paper.height / 2)
        cairo_rotate(context, -0.9)
        ink(colour)
        typefaces.choose(face, size, on: context)
        cairo_move_to(context, -typefaces.width(word, face, size) / 2, size * 0.35)
        cairo_text_path(context, word)
        cairo_fill(context)
        cairo_restore(context)
    }

    /// A line through points; `dash` in points, empty for solid.
    func line(_ points: [(Double, Double)], _ width: Double, _ colour: Ink, dash: [Double] = []) {
        guard let first = points.first, points.count > 1 else { return }
        ink(colour)
        cairo_set_line_width(context, width)
        cairo_set_dash(context, dash, Int32(dash.count), 0)
        cairo_move_to(context, first.0, first.1)
        for point in points.dropFirst() { cairo_line_to(context, point.0, point.1) }
        cairo_stroke(context)
        cairo_set_dash(context, nil, 0, 0)
    }

    /// A filled closed shape, with an outline where `outline` is given.
    func shape(_ points: [(Double, Double)], _ fill: Ink, outline: Ink? = nil, _ width: Double = 0.8) {
        guard let first = points.first else { return }
        cairo_move_to(context, first.0, first.1)
        for point in points.dropFirst() { cairo_line_to(context, point.0, point.1) }
        cairo_close_path(context)
        finish(fill, outline, width)
    }

    /// A filled circle, with an outline where `outline` is given.
    func circle(_ x: Double, _ y: Double, _ radius: Double, _ fill: Ink, outline: Ink? = nil, _ width: Double = 0.8) {
        cairo_new_sub_path(context)
        cairo_arc(context, x, y, radius, 0, 2 * Double.pi)
        finish(fill, outline, width)
    }

    private func finish(_ fill: Ink, _ outline: Ink?, _ width: Double) {
        ink(fill)
        cairo_fill_preserve(context)
        if let outline {
            ink(outline)
            cairo_set_line_width(context, width)
            cairo_stroke_preserve(context)
        }
        cairo_new_path(context)
    }
}
