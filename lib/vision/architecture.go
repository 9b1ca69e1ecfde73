package vision

import (
	"fmt"
	"slices"
	"strings"
)

// Architectures lists the names that Architecture takes.
func Architectures() []string {
	names := make([]string, 0, len(architectures))
	for name := range architectures {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Architecture returns the network of that name with the 1000 classes of ImageNet:
//
//	efficientnet_b0 … b7        torchvision's and timm's, symmetric padding
//	tf_efficientnet_b0 … b7     Keras' and timm's tf_*, TensorFlow's padding
//	efficientnet_lite0          timm's, symmetric padding
//	tf_efficientnet_lite0       TensorFlow's padding: timm's, and the PyTorch port that the packaged weights are from
//	vit_b_16                    torchvision's ViT-B/16
//	vit_{tiny,small,base}_patch{14,16}_224   timm's
//	vit_base_patch16_224.hf     Hugging Face's google/vit-base-patch16-224
//	vit_small_patch14_dinov2    with LayerScale, 518 pixels, no head
func Architecture(name string) (Network, error) {
	if n, ok := architectures[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("no architecture %q: known are %s", name, strings.Join(Architectures(), ", "))
}

var architectures = func() map[string]Network {
	m := map[string]Network{}
	add := func(n Network) { m[n.Name()] = n }

	// Tan & Le 2019, section 4: w = 1.1^φ and d = 1.2^φ, rounded as in the authors' release.
	// Dropout is theirs; torchvision has the same.
	for i, b := range []struct {
		width, depth float64
		size         int
		dropout      float64
	}{
		{1.0, 1.0, 224, 0.2},
		{1.0, 1.1, 240, 0.2},
		{1.1, 1.2, 260, 0.3},
		{1.2, 1.4, 300, 0.3},
		{1.4, 1.8, 380, 0.4},
		{1.6, 2.2, 456, 0.4},
		{1.8, 2.6, 528, 0.5},
		{2.0, 3.1, 600, 0.5},
	} {
		e := EfficientNet{
			WidthFactor: b.width, DepthFactor: b.depth, Size: b.size, Dropout: b.dropout, DropPath: 0.2,
			Epsilon: 1e-5, Momentum: 0.1, Classes: 1000,
		}
		e.ID = fmt.Sprintf("efficientnet_b%d", i)
		if i >= 5 { // torchvision trained these with TensorFlow's batch norm
			e.Epsilon, e.Momentum = 1e-3, 0.01
		}
		add(&e)
		tf := e
		tf.ID, tf.Same, tf.Epsilon, tf.Momentum = "tf_"+e.ID, true, 1e-3, 0.01
		add(&tf)
	}
	lite := EfficientNet{
		ID: "efficientnet_lite0", WidthFactor: 1, DepthFactor: 1, Size: 224, Dropout: 0.2, DropPath: 0.2, Lite: true,
		Epsilon: 1e-5, Momentum: 0.1, Classes: 1000,
	}
	add(&lite)
	tfLite := lite
	tfLite.ID, tfLite.Same, tfLite.Epsilon, tfLite.Momentum = "tf_"+lite.ID, true, 1e-3, 0.01
	add(&tfLite)

	// Dosovitskiy et al. 2021, Table 1; Tiny and Small are those of Touvron et al. 2021 (DeiT), Table 1.
	for _, size := range []struct {
		name       string
		dim, heads int
	}{{"tiny", 192, 3}, {"small", 384, 6}, {"base", 768, 12}} {
		for _, patch := range []int{14, 16} {
			add(&ViT{
				ID:     fmt.Sprintf("vit_%s_patch%d_224", size.name, patch),
				Layers: 12, Dim: size.dim, Heads: size.heads, Patch: patch, Size: 224, Epsilon: 1e-6, Classes: 1000,
			})
		}
	}
	base := *m["vit_base_patch16_224"].(*ViT)
	hf := base
	hf.ID, hf.Epsilon = "vit_base_patch16_224.hf", 1e-12
	add(&hf)
	base.ID, base.Positions = "vit_b_16", torchvisionPositions
	add(&base)
	dino := *m["vit_small_patch14_224"].(*ViT)
	dino.ID, dino.Size, dino.LayerScale, dino.Classes = "vit_small_patch14_dinov2", 518, true, 0
	add(&dino)
	return m
}()
