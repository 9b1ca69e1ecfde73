package ledger

import "fmt"

func ExampleHereTable() {
	printTable(HereTable(experiment2()[:2]))
	// Output:
	// | CNN of experiment 1 | CNN of experiment 2 | ViT of experiment 2 | small ViT of experiment 2
	// the thesis | EfficientNet-B0, 224 × 224 pixels, 15 epochs, rate 0.001 | EfficientNet-B0, 224 × 224 pixels, 15 epochs, rate 0.0001 | ViT-B/16, 224 × 224 pixels, 15 epochs, rate 0.0001 | –
	// here | not trained | net, 96 × 96 pixels, 2 epochs | not trained | not trained
	// weights | – | net-weights | – | –
	// learning rate | – | 0.001 | – | –
	// trained values | – | 1,234 | – | –
}

func ExampleSayHere() {
	fmt.Println(SayHere(experiment2()[:2]))
	// Output:
	// Here the CNN of experiment 2 is net, 96 × 96 pixels, 2 epochs (the thesis: EfficientNet-B0, 224 × 224 pixels, 15 epochs, rate 0.0001).
}

func ExampleRemarks() {
	for _, remark := range Remarks([]Claim{{ID: "C9"}, {ID: "C10", Note: "A difference of networks."}}) {
		fmt.Println(remark)
	}
	// Output:
	// C10: A difference of networks.
}
