namespace BackupTools.Core.Sources.Directories;

/// <summary>
/// The part of a pattern from its first special byte on, ready for matching. In <c>*</c>, <c>?</c> and <c>[…]</c> a
/// slash is never matched; <c>**</c> between slashes or the pattern's ends matches any number of directories.
/// </summary>
internal sealed class Glob
{
    private readonly Token[] _tokens;
    private readonly ByteSet[] _sets;

    private Glob(Token[] tokens, ByteSet[] sets)
    {
        _tokens = tokens;
        _sets = sets;
    }

    private enum TokenKind
    {
        /// <summary>This very byte.</summary>
        Byte,

        /// <summary>Any byte of a set.</summary>
        Set,

        /// <summary>Any bytes but slashes.</summary>
        Star,

        /// <summary>Any bytes.</summary>
        Deep,

        /// <summary>Nothing, or any bytes that end with a slash.</summary>
        DeepSlash,

        /// <summary>Nothing at all: what git takes as malformed.</summary>
        Never,
    }

    public static Glob Compile(ReadOnlySpan<byte> pattern)
    {
        List<Token> tokens = [];
        List<ByteSet> sets = [];
        int at = 0;
        while (at < pattern.Length)
        {
            switch (pattern[at])
            {
                case (byte)'*':
                    tokens.Add(ReadStars(pattern, ref at));
                    break;
                case (byte)'?':
                    tokens.Add(new Token(TokenKind.Set, sets.Count));
                    sets.Add(ByteSet.AllButSlash);
                    at++;
                    break;
                case (byte)'[':
                    bool understood = ByteSet.TryRead(pattern, ref at, out ByteSet set);
                    tokens.Add(understood ? new Token(TokenKind.Set, sets.Count) : new Token(TokenKind.Never, 0));
                    sets.Add(set);
                    at = understood ? at : pattern.Length;
                    break;
                case (byte)'\\':
                    at++;
                    tokens.Add(at < pattern.Length
                        ? new Token(TokenKind.Byte, pattern[at])
                        : new Token(TokenKind.Never, 0));
                    at++;
                    break;
                default:
                    tokens.Add(new Token(TokenKind.Byte, pattern[at]));
                    at++;
                    break;
            }
        }

        return new Glob([.. tokens], [.. sets]);
    }

    /// <summary>
    /// Goes through the text once, and back to the last star, or the last <c>**</c>, where it does not fit. Going back
    /// further is never needed: the last one could take what an earlier one would take instead. So the time is bounded
    /// by the lengths multiplied, whatever the pattern.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> text)
    {
        int token = 0;
        int at = 0;
        int starToken = -1;
        int starAt = 0;
        int deepToken = -1;
        int deepAt = 0;
        while (true)
        {
            if (token == _tokens.Length)
            {
                if (at == text.Length)
                {
                    return true;
                }
            }
            else if (_tokens[token].Kind == TokenKind.Star)
            {
                starToken = token++;
                starAt = at;
                continue;
            }
            else if (_tokens[token].Kind is TokenKind.Deep or TokenKind.DeepSlash)
            {
                deepToken = token++;
                deepAt = at;
                starToken = -1;
                if (token == _tokens.Length && _tokens[deepToken].Kind == TokenKind.Deep)
                {
                    return true;
                }

                continue;
            }
            else if (at < text.Length && Accepts(_tokens[token], text[at]))
            {
                // No star before a slash that fits could reach beyond it.
                starToken = text[at] == (byte)'/' ? -1 : starToken;
                token++;
                at++;
                continue;
            }

            if (starToken >= 0 && starAt < text.Length && text[starAt] != (byte)'/')
            {
                token = starToken + 1;
                at = ++starAt;
                continue;
            }

            if (deepToken < 0)
            {
                return false;
            }

            // Before ** and after it stands a slash, so only places beside slashes are worth a try.
            int slash = text[deepAt..].IndexOf((byte)'/');
            if (slash < 0)
            {
                return false;
            }

            // Deep is followed by its slash as a token of its own, DeepSlash has taken it.
            deepAt += slash + 1;
            token = deepToken + 1;
            at = deepAt;
            if (_tokens[deepToken].Kind == TokenKind.Deep)
            {
                token++;
            }

            starToken = -1;
        }
    }

    private static Token ReadStars(ReadOnlySpan<byte> pattern, ref int at)
    {
        int start = at;
        while (at < pattern.Length && pattern[at] == (byte)'*')
        {
            at++;
        }

        ReadOnlySpan<byte> rest = pattern[at..];
        bool standsAlone = (start == 0 || pattern[start - 1] == (byte)'/')
            && (rest.IsEmpty || rest.StartsWith("/"u8) || rest.StartsWith("\\/"u8));
        if (at - start < 2 || !standsAlone)
        {
            return new Token(TokenKind.Star, 0);
        }

        if (rest.StartsWith("/"u8))
        {
            at++;
            return new Token(TokenKind.DeepSlash, 0);
        }

        return new Token(TokenKind.Deep, 0);
    }

    private bool Accepts(Token token, byte value) => token.Kind switch
    {
        TokenKind.Byte => token.Value == value,
        TokenKind.Set => _sets[token.Value].Contains(value),
        _ => false,
    };

    /// <param name="Kind">What the token matches.</param>
    /// <param name="Value">The byte, or the index of the set.</param>
    private readonly record struct Token(TokenKind Kind, int Value);
}
