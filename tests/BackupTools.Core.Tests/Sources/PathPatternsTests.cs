using System.Text;
using BackupTools.Core.FileSystem;
using BackupTools.Core.Sources.Directories;

namespace BackupTools.Core.Tests.Sources;

public sealed class PathPatternsTests
{
    [Theory]
    [InlineData("*.log", "a.log", true)]
    [InlineData("*.log", "deep/down/a.log", true)]
    [InlineData("*.log", "a.log.txt", false)]
    [InlineData("/a.log", "a.log", true)]
    [InlineData("/a.log", "deep/a.log", false)]
    [InlineData("deep/a", "deep/a", true)]
    [InlineData("deep/a", "very/deep/a", false)]
    [InlineData("deep/*", "deep/a", true)]
    [InlineData("deep/*", "deep/a/b", false)]
    [InlineData("**/cache", "cache", true)]
    [InlineData("**/cache", "a/b/cache", true)]
    [InlineData("a/**/z", "a/z", true)]
    [InlineData("a/**/z", "a/b/c/z", true)]
    [InlineData("a/**/z", "ab/z", false)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("x/a?c", "x/a/c", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[!a-c]x", "bx", false)]
    [InlineData("[^a-c]x", "dx", true)]
    [InlineData("[]a]", "]", true)]
    [InlineData("[[:digit:][:upper:]]", "7", true)]
    [InlineData("[[:digit:][:upper:]]", "a", false)]
    [InlineData("[a\\]]", "]", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("\\#a", "#a", true)]
    [InlineData("\\!a", "!a", true)]
    [InlineData("# a", "# a", false)]
    [InlineData("a   ", "a", true)]
    [InlineData("a\\ ", "a ", true)]
    [InlineData(" a", " a", true)]
    public void A_pattern_matches_as_gitignore_documents_it(string pattern, string path, bool expected) =>
        Assert.Equal(expected, PathPatterns.Parse([pattern]).IsMatch(Path(path), isDirectory: false));

    [Theory]
    [InlineData("[a")]
    [InlineData("a\\")]
    [InlineData("[[:nonsense:]]")]
    [InlineData("!")]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("../a")]
    public void A_pattern_that_makes_no_sense_matches_nothing(string pattern)
    {
        PathPatterns patterns = PathPatterns.Parse([pattern]);
        foreach (string path in (string[])["a", "[a", "a\\", "a/b", "b"])
        {
            Assert.False(patterns.IsMatch(Path(path), isDirectory: true));
        }
    }

    [Fact]
    public void Comments_and_blank_lines_are_no_patterns() =>
        Assert.True(PathPatterns.Parse(["# comment", "", "   ", "\r", "/"]).IsEmpty);

    [Fact]
    public void A_trailing_slash_matches_directories_only()
    {
        PathPatterns patterns = PathPatterns.Parse(["build/"]);
        Assert.True(patterns.IsMatch(Path("a/build"), isDirectory: true));
        Assert.False(patterns.IsMatch(Path("a/build"), isDirectory: false));
    }

    [Fact]
    public void The_last_pattern_that_matches_decides()
    {
        PathPatterns patterns = PathPatterns.Parse(["*.db", "!keep.db", "/old/keep.db"]);
        Assert.True(patterns.IsMatch(Path("a.db"), isDirectory: false));
        Assert.False(patterns.IsMatch(Path("keep.db"), isDirectory: false));
        Assert.True(patterns.IsMatch(Path("old/keep.db"), isDirectory: false));
    }

    [Fact]
    public void What_lies_below_a_matching_directory_cannot_be_brought_back()
    {
        PathPatterns patterns = PathPatterns.Parse(["cache/", "!keep"]);
        Assert.True(patterns.IsMatchOrBelow(Path("cache/a/b"), isDirectory: false));
        Assert.True(patterns.IsMatchOrBelow(Path("cache/keep"), isDirectory: false));
        Assert.False(patterns.IsMatch(Path("cache/keep"), isDirectory: false));
        Assert.False(patterns.IsMatchOrBelow(Path("keep"), isDirectory: false));
    }

    [Fact]
    public void The_root_never_matches()
    {
        PathPatterns patterns = PathPatterns.Parse(["*", ".", "**", "/**"]);
        Assert.False(patterns.IsMatch(TreePath.Root, isDirectory: true));
        Assert.False(patterns.IsMatchOrBelow(TreePath.Root, isDirectory: true));
    }

    [Fact]
    public void Names_that_are_no_UTF8_are_matched_byte_by_byte()
    {
        Assert.True(TreePath.TryCreate([(byte)'a', 0xff, (byte)'.', (byte)'x'], out TreePath path));
        Assert.True(PathPatterns.Parse(["a?.x"]).IsMatch(path, isDirectory: false));
        Assert.True(PathPatterns.Parse(["a[!b].x"]).IsMatch(path, isDirectory: false));
        Assert.False(PathPatterns.Parse(["a\uFFFD.x"]).IsMatch(path, isDirectory: false));
    }

    [Fact]
    public void Matching_takes_steps_in_proportion_to_the_lengths_and_allocates_nothing()
    {
        // With a matcher that goes back to every star these would not end within a lifetime.
        PathPatterns patterns = PathPatterns.Parse([
            string.Concat(Enumerable.Repeat("**/", 60)) + "*b",
            string.Concat(Enumerable.Repeat("a*", 60)) + "b",
            string.Concat(Enumerable.Repeat("**/a*a/", 30)) + "b",
        ]);
        TreePath path = Path(string.Join('/', Enumerable.Repeat(new string('a', 30), 60)));
        Assert.False(patterns.IsMatchOrBelow(path, isDirectory: false));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(patterns.IsMatchOrBelow(path, isDirectory: false));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [SkippableFact]
    public void Every_entry_of_a_tree_is_matched_as_git_matches_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The names made here are not possible on every system.");
        Skip.IfNot(GitOracle.IsThere, "git is not installed.");
        using GitOracle git = new();
        Random random = new(20261121);
        foreach (string pattern in s_telling)
        {
            AssertSame(git, [pattern]);
        }

        for (int round = 0; round < 500; round++)
        {
            string[] patterns = new string[random.Next(1, 4)];
            for (int i = 0; i < patterns.Length; i++)
            {
                patterns[i] = RandomPattern(random);
            }

            AssertSame(git, patterns);
        }
    }

    private static readonly string[] s_telling =
    [
        "a**/b", "ab**/a", "a/**b", "**a/b", "a/**/**/b", "**/**", "**/", "a/**/", "/**", "***/b", "a/***/b", "**\\/b",
        "a\\/**", "a/b\\", "a/b\\/", "a/b/", "/a/b/", "ab/", "/ab/", "[[:punct:]]*", "[[:space:]]*", "[[:cntrl:]]*",
        "[[:graph:]]", "[[:print:]]", "[[:xdigit:]]", "[[:blank:]b]*", "[[:alnum:]", "[[:]", "[[:]]", "[[:a]", "[]-a]*",
        "[--a]*", "[a-]*", "[!]a]*", "[^!]*", "[!^]*", "[\\]]", "[\\!a]*", "[a-\\b]", "[b-a]", "[a/b]", "a[/]b", "a[!x]b",
        "a?b", "\\a", "a\\b", "é", "[é]", "??", "a\u00ff*", "a ", "a\\ ", "a \\", "a\t", "!", "!!a", "\\!a", "#a", "\\#a",
        "./a", "a/.", "//a", "a//b", "a//", "*/", "*/*", "*/*/", "/*", "?", "*", "a*/*b", "**/a/**/b", "*[!a]", "*\\b",
    ];

    private static TreePath Path(string text)
    {
        Assert.True(TreePath.TryCreate(text, out TreePath path));
        return path;
    }

    private static string RandomPattern(Random random)
    {
        string[] parts =
        [
            "a", "a", "b", "b", "B", "/", "/", "/", "*", "*", "**", "**/", "/**", "/**/", "?", "[ab]", "[!a]", "[a-b",
            "]", "-", "\\", "[[:alpha:]]", " ", "!", "#", "é", ".", "^", "[^b-]",
        ];
        StringBuilder pattern = new(random.Next(5) == 0 ? "!" : "");
        for (int i = random.Next(1, 7); i > 0; i--)
        {
            pattern.Append(parts[random.Next(parts.Length)]);
        }

        return pattern.ToString();
    }

    private static void AssertSame(GitOracle git, string[] patterns)
    {
        HashSet<TreePath> expected = git.Ignored(patterns);
        PathPatterns parsed = PathPatterns.Parse(patterns);
        foreach ((TreePath path, bool isDirectory) in git.Entries)
        {
            Assert.True(
                expected.Contains(path) == parsed.IsMatchOrBelow(path, isDirectory),
                $"git {(expected.Contains(path) ? "ignores" : "does not ignore")} '{path}' (directory: {isDirectory}) "
                + $"for the patterns: {string.Join(" | ", patterns)}");
        }
    }
}
