package essentials;

import java.util.List;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.TokenFilterFactory;

/** Adds a token for every group that one of the `patterns` captures. */
final class PatternCapture implements TokenFilterFactory {
    private final String name;
    private final boolean preserveOriginal;
    private final Pattern[] patterns;

    PatternCapture(String name, Settings settings) {
        List<String> expressions = settings.getAsList("patterns");
        if (expressions.isEmpty()) throw new IllegalArgumentException("[" + name + "] needs [patterns]");
        this.name = name;
        this.preserveOriginal = settings.getAsBoolean("preserve_original", true);
        this.patterns = expressions.stream().map(Pattern::compile).toArray(Pattern[]::new);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public TokenStream create(TokenStream input) {
        return new PatternCaptureGroupTokenFilter(input, preserveOriginal, patterns);
    }
}
