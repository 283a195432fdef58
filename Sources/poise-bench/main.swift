print("poise-bench")
