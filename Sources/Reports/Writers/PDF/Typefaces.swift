internal import CCairo

/// Why a page could not be set.
public enum PaperError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The font is not installed; nothing else is taken in its place.
    case fontMissing(String)
    /// The font has no glyph for a character of the evidence.
    case noGlyph(character: String, font: String)
    /// The drawing library refused.
    case drawing(String)

    /// What a person needs to know.
    public var description: String {
        switch self {
        case .fontMissing(let name):
            return "the font «\(name)» is not installed; install the Debian package fonts-liberation2"
        case .noGlyph(let character, let font):
            let codes = character.unicodeScalars.map { "U+" + String($0.value, radix: 16, uppercase: true) }
            return "the font \(font) has no glyph for «\(character)» (\(codes.joined(separator: " ")))"
        case .drawing(let what): return "the page could not be drawn: \(what)"
        }
    }
}

/// The typefaces of our papers, by family and style as fontconfig lists them.
enum Face: Int, CaseIterable, Sendable {
    case sans, sansBold, sansItalic, serif, serifBold, mono

    /// The family.
    var family: String {
        switch self {
        case .sans, .sansBold, .sansItalic: return "Liberation Sans"
        case .serif, .serifBold: return "Liberation Serif"
        case .mono: return "Liberation Mono"
        }
    }
    /// The style in that family.
    var style: String {
        switch self {
        case .sans, .serif, .mono: return "Regular"
        case .sansBold, .serifBold: return "Bold"
        case .sansItalic: return "Italic"
        }
    }
    var name: String { family + " " + style }
}

/// The opened typefaces and their widths: measuring text never depends on a screen, a resolution or a user's settings.
final class Typefaces {
    /// Design size at which widths are taken; they scale linearly because hinting is off.
    private static let design = 1000.0
    private var faces: [OpaquePointer] = []
    private var fonts: [OpaquePointer] = []
    private var advances: [[UInt32: Double]] = Array(repeating: [:], count: Face.allCases.count)
    private let options: OpaquePointer
    /// The first character that a font lacks; a paper with one is not written.
    private(set) var missing: PaperError?

    /// Opens all faces; throws `PaperError.fontMissing` for the first that is not installed.
    init() throws {
        guard let options = cairo_font_options_create() else { throw PaperError.drawing("no font options") }
        self.options = options
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        for face in Face.allCases {
            let file = try Self.file(family: face.family, style: face.style)
            // From the file alone: no substitution, nothing of the user's fontconfig settings.
            let pattern = FcPatternCreate()
            defer { FcPatternDestroy(pattern) }
            FcPatternAddString(pattern, FC_FILE, file)
            FcPatternAddInteger(pattern, FC_INDEX, 0)
            guard let opened = cairo_ft_font_face_create_for_pattern(pattern) else {
                throw PaperError.fontMissing(face.name)
            }
            faces.append(opened)
            var size = cairo_matrix_t()
            var identity = cairo_matrix_t()
            cairo_matrix_init_scale(&size, Self.design, Self.design)
            cairo_matrix_init_identity(&identity)
            guard let font = cairo_scaled_font_create(opened, &size, &identity, options),
                cairo_scaled_font_status(font) == CAIRO_STATUS_SUCCESS
            else { throw PaperError.fontMissing(face.name) }
            fonts.append(font)
        }
    }

    deinit {
        for font in fonts { cairo_scaled_font_destroy(font) }
        for face in faces { cairo_font_face_destroy(face) }
        cairo_font_options_destroy(options)
    }

    /// The file of exactly this family and style: the newest version, then the first path.
    static func file(family: String, style: String) throws -> String {
        let pattern = FcPatternCreate()
        defer { FcPatternDestroy(pattern) }
        FcPatternAddString(pattern, FC_FAMILY, family)
        FcPatternAddString(pattern, FC_STYLE, style)
        let wanted = FcObjectSetCreate()
        defer { FcObjectSetDestroy(wanted) }
        for object in [FC_FILE, FC_FONTVERSION] { FcObjectSetAdd(wanted, object) }
        guard let found = FcFontList(nil, pattern, wanted) else { throw PaperError.fontMissing("\(family) \(style)") }
        defer { FcFontSetDestroy(found) }
        var candidates: [(version: Int32, path: String)] = []
        for i in 0..<Int(found.pointee.nfont) {
            var path: UnsafeMutablePointer<FcChar8>?
            var version: Int32 = 0
            guard let font = found.pointee.fonts[i], FcPatternGetString(font, FC_FILE, 0, &path) == FcResultMatch,
                let path
            else { continue }
            _ = FcPatternGetInteger(font, FC_FONTVERSION, 0, &version)
            candidates.append((version, String(cString: path)))
        }
        guard let best = candidates.min(by: { ($1.version, $0.path) < ($0.version, $1.path) }) else {
            throw PaperError.fontMissing("\(family) \(style)")
        }
        return best.path
    }

    /// Chooses face and size on a drawing context.
    func choose(_ face: Face, _ size: Double, on context: OpaquePointer) {
        cairo_set_font_face(context, faces[face.rawValue])
        cairo_set_font_size(context, size)
        cairo_set_font_options(context, options)
    }

    /// The width of a text in points.
    func width(_ text: String, _ face: Face, _ size: Double) -> Double {
        var sum = 0.0
        for scalar in text.unicodeScalars { sum += advance(scalar, face) }
        return sum * size / Self.design
    }

    private func advance(_ scalar: Unicode.Scalar, _ face: Face) -> Double {
        let code = scalar.value == 0xA0 ? 0x20 : scalar.value
        if let known = advances[face.rawValue][code] { return known }
        let font = fonts[face.rawValue]
        var glyphs: UnsafeMutablePointer<cairo_glyph_t>?
        var count: Int32 = 0
        let text = String(Character(Unicode.Scalar(code) ?? scalar))
        let status = cairo_scaled_font_text_to_glyphs(
            font, 0, 0, text, Int32(text.utf8.count), &glyphs, &count, nil, nil, nil)
        defer { cairo_glyph_free(glyphs) }
        var extents = cairo_text_extents_t()
        if status == CAIRO_STATUS_SUCCESS, count == 1, let glyph = glyphs, glyph.pointee.index != 0 {
            cairo_scaled_font_glyph_extents(font, glyph, 1, &extents)
        } else if missing == nil {
            missing = .noGlyph(character: text, font: face.name)
        }
        advances[face.rawValue][code] = extents.x_advance
        return extents.x_advance
    }
}
