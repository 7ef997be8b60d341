using System.Reflection;
using System.Runtime.InteropServices;

namespace BackupTools.Restic.Compression;

/// <summary>The functions of libzstd that are used here: of its stable interface, since 1.3.1.</summary>
internal static partial class ZstandardLibrary
{
    /// <summary>A frame does not tell the length of its content.</summary>
    public const ulong ContentSizeUnknown = ulong.MaxValue;

    /// <summary>What should begin with a frame does not.</summary>
    public const ulong ContentSizeError = ulong.MaxValue - 1;

    /// <summary>The error code of a destination that is too small.</summary>
    public const int DestinationTooSmall = 70;

    private const string Name = "libzstd";

    private static readonly string[] s_fileNames =
        OperatingSystem.IsWindows() ? ["libzstd.dll", "zstd.dll"]
        : OperatingSystem.IsMacOS()
            ? ["libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib", "/usr/local/lib/libzstd.1.dylib"]
        : ["libzstd.so.1"];

    private static readonly nint s_library = Load();

    /// <summary>Whether the system has the library.</summary>
    public static bool IsAvailable => s_library != 0;

    [LibraryImport(Name, EntryPoint = "ZSTD_versionNumber")]
    public static partial uint VersionNumber();

    [LibraryImport(Name, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint result);

    [LibraryImport(Name, EntryPoint = "ZSTD_getErrorCode")]
    public static partial int GetErrorCode(nuint result);

    [LibraryImport(Name, EntryPoint = "ZSTD_getErrorName")]
    public static partial nint GetErrorName(nuint result);

    [LibraryImport(Name, EntryPoint = "ZSTD_compressBound")]
    public static partial nuint CompressBound(nuint sourceLength);

    [LibraryImport(Name, EntryPoint = "ZSTD_getFrameContentSize")]
    public static partial ulong GetFrameContentSize(ReadOnlySpan<byte> source, nuint sourceLength);

    [LibraryImport(Name, EntryPoint = "ZSTD_createCCtx")]
    public static partial CompressorHandle CreateCompressor();

    [LibraryImport(Name, EntryPoint = "ZSTD_compressCCtx")]
    public static partial nuint Compress(
        CompressorHandle compressor, Span<byte> destination, nuint destinationLength,
        ReadOnlySpan<byte> source, nuint sourceLength, int level);

    [LibraryImport(Name, EntryPoint = "ZSTD_createDCtx")]
    public static partial DecompressorHandle CreateDecompressor();

    [LibraryImport(Name, EntryPoint = "ZSTD_decompressDCtx")]
    public static partial nuint Decompress(
        DecompressorHandle decompressor, Span<byte> destination, nuint destinationLength,
        ReadOnlySpan<byte> source, nuint sourceLength);

    /// <summary>What went wrong, in the library's words.</summary>
    public static string Describe(nuint error) => Marshal.PtrToStringUTF8(GetErrorName(error)) ?? "unknown error";

    [LibraryImport(Name, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCompressor(nint compressor);

    [LibraryImport(Name, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDecompressor(nint decompressor);

    private static nint Load()
    {
        Assembly assembly = typeof(ZstandardLibrary).Assembly;
        foreach (string fileName in s_fileNames)
        {
            if (NativeLibrary.TryLoad(fileName, assembly, searchPath: null, out nint library))
            {
                NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name == Name ? library : 0);
                return library;
            }
        }

        return 0;
    }

    /// <summary>What one thread compresses with.</summary>
    public sealed class CompressorHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle() => FreeCompressor(handle) == 0;
    }

    /// <summary>What one thread decompresses with.</summary>
    public sealed class DecompressorHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle() => FreeDecompressor(handle) == 0;
    }
}
