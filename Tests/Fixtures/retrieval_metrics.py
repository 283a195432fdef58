"""Regenerates retrieval_metrics.json: what trec_eval says about random rankings.

    python3 -m venv peers && peers/bin/pip install pytrec_eval-terrier==0.5.11
    peers/bin/python Tests/Fixtures/retrieval_metrics.py

The rankings are random and small; grades go from -1 to 3; some queries find nothing relevant, and
one finds nothing at all.
"""

import json
import pathlib
import random

import pytrec_eval

# Our name for each of trec_eval's measures, and the key in its results.
MEASURES = {
    "ndcg": ("ndcg", "ndcg"),
    "ndcg@3": ("ndcg_cut.3", "ndcg_cut_3"),
    "ndcg@10": ("ndcg_cut.10", "ndcg_cut_10"),
    "recall@5": ("recall.5", "recall_5"),
    "recall@20": ("recall.20", "recall_20"),
    "precision@5": ("P.5", "P_5"),
    "precision@20": ("P.20", "P_20"),
    "map": ("map", "map"),
    "map@5": ("map_cut.5", "map_cut_5"),
    "mrr": ("recip_rank", "recip_rank"),
    "success@1": ("success.1", "success_1"),
    "hit@5": ("success.5", "success_5"),
}


def main():
    rng = random.Random(20240611)
    documents = [f"d{i:02}" for i in range(40)]
    judgements, run = {}, {}
    for number in range(24):
        query = f"q{number:02}"
        judged = rng.sample(documents, rng.randint(1, 15))
        judgements[query] = {d: rng.choice([-1, 0, 0, 1, 1, 2, 3]) for d in judged}
        judgements[query][judged[0]] = rng.randint(1, 3)
        run[query] = rng.sample(documents, rng.randint(1, 30))
    run["q23"] = []

    evaluator = pytrec_eval.RelevanceEvaluator(judgements, {m for m, _ in MEASURES.values()})
    scored = evaluator.evaluate(
        {q: {d: float(len(ds) - i) for i, d in enumerate(ds)} for q, ds in run.items()}
    )
    expected = {
        name: [scored.get(q, {}).get(key, 0.0) for q in sorted(judgements)]
        for name, (_, key) in MEASURES.items()
    }
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(
        json.dumps({"judgements": judgements, "run": run, "expected": expected}, sort_keys=True)
        + "\n"
    )


if __name__ == "__main__":
    main()
