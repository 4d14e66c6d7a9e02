#!/usr/bin/python3
"""Tables searched with Xapian: the peer of `orrery-bench search`. Its own English stemmer, BM25, title in a field of its own
(wdf x 5) and in the free text, the question's words joined by OR.

usage: xapian_peer.py index DB TABLES.jsonl | search DB QUESTIONS.jsonl
index prints {"index_s"}; search prints {"ms_p50", "version"}: processor time of parsing and matching one question.
"""
import json, sys, time
import xapian


def index(path, tables):
    start = time.process_time()
    db = xapian.WritableDatabase(path, xapian.DB_CREATE_OR_OVERWRITE)
    words = xapian.TermGenerator()
    words.set_stemmer(xapian.Stem("english"))
    words.set_stemming_strategy(xapian.TermGenerator.STEM_ALL)
    for line in open(tables, encoding="utf-8"):
        t = json.loads(line)
        d = xapian.Document()
        words.set_document(d)
        words.index_text_without_positions(t["title"], 5, "S")
        words.index_text_without_positions(t["title"], 1)
        for text in (t["section_title"], t["section_text"], t["intro"], " ".join(t["header"]), " ".join(c for r in t["rows"] for c in r)):
            words.index_text_without_positions(text)
        d.set_data(t["id"])
        db.add_document(d)
    db.commit()
    return {"index_s": time.process_time() - start}


def search(path, questions):
    db = xapian.Database(path)
    parser = xapian.QueryParser()
    parser.set_database(db)
    parser.set_stemmer(xapian.Stem("english"))
    parser.set_stemming_strategy(xapian.QueryParser.STEM_ALL)
    parser.set_default_op(xapian.Query.OP_OR)
    ask = xapian.Enquire(db)
    ask.set_weighting_scheme(xapian.BM25Weight(1.2, 0, 1, 0.75, 0.5))
    took = []
    for line in open(questions, encoding="utf-8"):
        question = json.loads(line)["question"]
        start = time.process_time()
        q = parser.parse_query(question, 0)
        ask.set_query(xapian.Query(xapian.Query.OP_OR, q, parser.parse_query(question, 0, "S")))
        ask.get_mset(0, 100)
        took.append(1e3 * (time.process_time() - start))
    return {"ms_p50": sorted(took)[len(took) // 2], "version": xapian.version_string()}


print(json.dumps(index(*sys.argv[2:]) if sys.argv[1] == "index" else search(*sys.argv[2:])))
