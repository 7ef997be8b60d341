namespace BackupTools.Core.Sources.Directories;

/// <summary>The bytes that a <c>[…]</c> or a <c>?</c> of a pattern matches; the slash is never among them.</summary>
internal readonly struct ByteSet
{
    private readonly UInt128 _low;
    private readonly UInt128 _high;

    private ByteSet(UInt128 low, UInt128 high)
    {
        _low = low & ~(UInt128.One << '/');
        _high = high;
    }

    public static ByteSet AllButSlash { get; } = new(UInt128.MaxValue, UInt128.MaxValue);

    public bool Contains(byte value) => (((value < 128 ? _low : _high) >> (value & 127)) & 1) != 0;

    /// <summary>Reads a set the way git does: a range, a class in <c>[:…:]</c>, a <c>]</c> at the start.</summary>
    /// <param name="pattern">The whole pattern.</param>
    /// <param name="at">Where the <c>[</c> stands; afterwards, behind the closing <c>]</c>.</param>
    /// <param name="set">The set.</param>
    /// <returns>Whether it is well formed; if not, <paramref name="at"/> means nothing.</returns>
    public static bool TryRead(ReadOnlySpan<byte> pattern, ref int at, out ByteSet set)
    {
        set = default;
        Builder builder = default;
        at++;
        bool negated = at < pattern.Length && pattern[at] is (byte)'!' or (byte)'^';
        at += negated ? 1 : 0;
        int previous = -1;
        for (bool first = true; at >= pattern.Length || first || pattern[at] != (byte)']'; first = false)
        {
            if (at >= pattern.Length)
            {
                return false;
            }

            byte value = pattern[at++];
            if (value == (byte)'-' && previous >= 0 && at < pattern.Length && pattern[at] != (byte)']')
            {
                if (!TryReadMember(pattern, ref at, out byte last))
                {
                    return false;
                }

                builder.AddRange((byte)previous, last);
                previous = -1;
            }
            else if (value == (byte)'[' && at < pattern.Length && pattern[at] == (byte)':')
            {
                int length = pattern[(at + 1)..].IndexOf((byte)']');
                if (length < 0)
                {
                    return false;
                }

                if (length == 0 || pattern[at + length] != (byte)':')
                {
                    builder.AddRange(value, value);
                    previous = value;
                    continue;
                }

                if (!builder.TryAddClass(pattern.Slice(at + 1, length - 1)))
                {
                    return false;
                }

                at += length + 2;
                previous = -1;
            }
            else
            {
                at--;
                if (!TryReadMember(pattern, ref at, out byte member))
                {
                    return false;
                }

                builder.AddRange(member, member);
                previous = member;
            }
        }

        at++;
        set = negated ? new ByteSet(~builder.Low, ~builder.High) : new ByteSet(builder.Low, builder.High);
        return true;
    }

    private static bool TryReadMember(ReadOnlySpan<byte> pattern, ref int at, out byte member)
    {
        at += pattern[at] == (byte)'\\' ? 1 : 0;
        member = at < pattern.Length ? pattern[at++] : (byte)0;
        return member != 0;
    }

    private struct Builder
    {
        public UInt128 Low;
        public UInt128 High;

        public void AddRange(byte first, byte last)
        {
            for (int value = first; value <= last; value++)
            {
                UInt128 bit = UInt128.One << (value & 127);
                Low |= value < 128 ? bit : 0;
                High |= value < 128 ? 0 : bit;
            }
        }

        public bool TryAddClass(ReadOnlySpan<byte> name)
        {
            Func<char, bool>? holds = name switch
            {
                _ when name.SequenceEqual("alnum"u8) => char.IsAsciiLetterOrDigit,
                _ when name.SequenceEqual("alpha"u8) => char.IsAsciiLetter,
                _ when name.SequenceEqual("blank"u8) => c => c is ' ' or '\t',
                _ when name.SequenceEqual("cntrl"u8) => char.IsControl,
                _ when name.SequenceEqual("digit"u8) => char.IsAsciiDigit,
                _ when name.SequenceEqual("graph"u8) => c => c is > ' ' and <= '~',
                _ when name.SequenceEqual("lower"u8) => char.IsAsciiLetterLower,
                _ when name.SequenceEqual("print"u8) => c => c is >= ' ' and <= '~',
                _ when name.SequenceEqual("punct"u8) => c => c is > ' ' and <= '~' && !char.IsAsciiLetterOrDigit(c),
                _ when name.SequenceEqual("space"u8) => c => c is ' ' or '\t' or '\n' or '\r',
                _ when name.SequenceEqual("upper"u8) => char.IsAsciiLetterUpper,
                _ when name.SequenceEqual("xdigit"u8) => char.IsAsciiHexDigit,
                _ => null,
            };
            for (int value = 0; holds is not null && value < 128; value++)
            {
                Low |= holds((char)value) ? UInt128.One << value : 0;
            }

            return holds is not null;
        }
    }
}
